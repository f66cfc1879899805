// Connects to localhost on each port: go run client.go CA.pem PORT...; prints `PORT ok` or `PORT` and the error.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io/ioutil" // Go 1.15 has no os.ReadFile.
	"net/http"
	"os"
	"time"
)

func main() {
	pem, err := ioutil.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for _, port := range os.Args[2:] {
		// A client for each, so that nothing is remembered; as `go` and nearly every program in Go has it.
		transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots}}
		client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
		response, err := client.Get("https://localhost:" + port + "/")
		if err != nil {
			fmt.Println(port, err)
			continue
		}
		response.Body.Close()
		fmt.Println(port, "ok")
	}
}
