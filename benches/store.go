// The peer of `trustctl list`: reads a bundle with crypto/x509 and prints what a list needs.
package main

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	rest, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s %s %s %x\n", cert.Subject, cert.Issuer, cert.NotAfter, sha256.Sum256(cert.Raw))
	}
}
