// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// pki is what the servers of the test prove themselves with, one for all cases.
var pki struct {
	certificate tls.Certificate
	pin         string
	zoneKey     *dns.DNSKEY
	zoneSigner  crypto.Signer
}

const pkiDir = "/tmp/o/pki"

// fill puts in what only a running test knows.
func fill(text string) string {
	other := *pki.zoneKey
	other.PublicKey = base64.StdEncoding.EncodeToString(make([]byte, 64))
	rr := func(key *dns.DNSKEY) string { return strings.ReplaceAll(key.ToDS(dns.SHA256).String(), "\t", " ") }
	return strings.NewReplacer("PKI", pkiDir, "SERVER_PIN", pki.pin, "TRUST_ANCHOR", rr(pki.zoneKey), "WRONG_ANCHOR", rr(&other)).Replace(text)
}

// writePKI makes keys and certificates: a CA, a certificate of it for
// dns.example, which workers and servers use, and the key of signed.example.
func writePKI(t *testing.T) {
	t.Helper()
	caKey, key := newKey(t), newKey(t)
	from := time.Now().Add(-time.Hour)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, NotBefore: from, NotAfter: from.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "dns.example"}, DNSNames: []string{"dns.example"}, NotBefore: from, NotAfter: from.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caDER := sign(t, ca, ca, caKey, caKey)
	leafDER := sign(t, leaf, ca, key, caKey)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(public)
	pki.pin = base64.StdEncoding.EncodeToString(sum[:])
	pki.certificate = tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: key}
	pki.zoneKey = &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: "signed.example.", Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags: 257, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}
	private, err := pki.zoneKey.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	pki.zoneSigner = private.(crypto.Signer)
	for name, block := range map[string]pem.Block{
		"ca.pem": {Type: "CERTIFICATE", Bytes: caDER}, "cert.pem": {Type: "CERTIFICATE", Bytes: leafDER}, "key.pem": {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		write(t, pkiDir+"/"+name, string(pem.EncodeToMemory(&block)))
	}
	write(t, pkiDir+"/secret", strings.Repeat("secret ", 10))
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, c, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
