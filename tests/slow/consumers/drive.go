// Asks crypto/x509 about every chain of a folder: go run drive.go FOLDER; output as drive.py.
package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	// Go before 1.16 has no os.ReadFile.
	"io/ioutil"
	"os"
	"path/filepath"
)

type question struct {
	ID   string `json:"id"`
	Host string `json:"host"`
}

func accepts(folder string, q question) (accepted bool) {
	// A program that panics does not accept (CVE-2024-24783: keys of unknown kinds).
	defer func() {
		if recover() != nil {
			accepted = false
		}
	}()
	read := func(kind string) []byte {
		bytes, _ := ioutil.ReadFile(filepath.Join(folder, q.ID+"."+kind+".pem"))
		return bytes
	}
	block, _ := pem.Decode(read("leaf"))
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return false
	}
	roots, helpers := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(read("anchors"))
	// A TLS client parses every certificate of the message and gives up on the first that it can't.
	rest := read("helpers")
	for {
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		helper, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return false
		}
		helpers.AddCert(helper)
	}
	_, err = leaf.Verify(x509.VerifyOptions{DNSName: q.Host, Roots: roots, Intermediates: helpers})
	return err == nil
}

func main() {
	bytes, err := ioutil.ReadFile(filepath.Join(os.Args[1], "chains.json"))
	if err != nil {
		panic(err)
	}
	var questions []question
	if err := json.Unmarshal(bytes, &questions); err != nil {
		panic(err)
	}
	for _, q := range questions {
		answer, _ := json.Marshal(map[string]interface{}{"id": q.ID, "go": accepts(os.Args[1], q)})
		fmt.Println(string(answer))
	}
}
