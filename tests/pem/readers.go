// What Go finds in each file named on standard input: one line of SHA-256 fingerprints for each.
package main

import (
	"bufio"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	names := bufio.NewScanner(os.Stdin)
	for names.Scan() {
		data, err := os.ReadFile(names.Text())
		if err != nil {
			panic(err)
		}
		// The pool itself does not show what is in it; this is its AppendCertsFromPEM.
		wanted := map[string]bool{}
		for rest := data; len(rest) > 0; {
			var block *pem.Block
			block, rest = pem.Decode(rest)
			if block == nil {
				break
			}
			if block.Type != "CERTIFICATE" || len(block.Headers) != 0 {
				continue
			}
			if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
				wanted[fmt.Sprintf("%x", sha256.Sum256(cert.Raw))] = true
			}
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(data)
		if len(pool.Subjects()) != len(wanted) {
			panic(fmt.Sprintf("%s: %d certificates, the pool has %d", names.Text(), len(wanted), len(pool.Subjects())))
		}
		for sum := range wanted {
			fmt.Printf("%s ", sum)
		}
		fmt.Println()
	}
}
