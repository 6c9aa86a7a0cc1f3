// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"time"
	"unicode"
)

// certificateMark is in every file with a certificate (RFC 7468 section 5.1).
var certificateMark = []byte("-----BEGIN CERTIFICATE-----")

// maxName is how much of a certificate's name is shown, in bytes.
const maxName = 64

// note says what people know a file by: the name and the end of the first
// certificate in it, which is the one of the server (RFC 8446 section 4.4.2), and that
// end in seconds since 1970.
func note(text []byte) (words string, expires int64) {
	i := bytes.Index(text, certificateMark)
	if i < 0 {
		return "", 0
	}
	block, _ := pem.Decode(text[i:])
	if block == nil {
		return "", 0
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", 0
	}
	name := "CN=" + c.Subject.CommonName
	if c.Subject.CommonName == "" {
		switch {
		case len(c.DNSNames) > 0:
			name = c.DNSNames[0]
		case len(c.IPAddresses) > 0:
			name = c.IPAddresses[0].String()
		default:
			name = "without a name"
		}
	}
	return printable(name) + ", until " + c.NotAfter.UTC().Format(time.DateOnly), c.NotAfter.Unix()
}

// printable keeps what someone put into a file from spoiling a text.
func printable(s string) string {
	if len(s) > maxName {
		s = s[:maxName] + "…"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
