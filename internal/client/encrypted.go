// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"kresd-manager/internal/source"
)

// Encryption is what a command knows of TLS to the manager: files in PEM, "" for none.
type Encryption struct {
	// Authority has the certificates that are trusted in place of those of the system.
	Authority string
	// Certificate and Key are shown to the manager, which may know a role for them.
	Certificate, Key string
}

// NewTLS returns a client of a host:port that speaks TLS. Nothing is connected yet. The
// error names a file that cannot be used.
func NewTLS(r *source.Reader, address string, with Encryption) (*Client, error) {
	config, err := with.config(r)
	if err != nil {
		return nil, err
	}
	if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
		return nil, err
	}
	dialer := tls.Dialer{Config: config}
	return newClient(address, address, func(ctx context.Context) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", address)
	}), nil
}

func (e Encryption) config(r *source.Reader) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if e.Authority != "" {
		text, err := r.Text(e.Authority)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s has no CA certificate in PEM", e.Authority)
		}
	}
	if e.Certificate == "" && e.Key == "" {
		return c, nil
	}
	if e.Certificate == "" || e.Key == "" {
		return nil, errors.New("a client certificate and its key belong together: --cert and --key")
	}
	cert, err := r.Text(e.Certificate)
	if err != nil {
		return nil, err
	}
	key, err := r.Text(e.Key)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil { // in words of package tls, none of which are of the key
		return nil, fmt.Errorf("cannot use %s with the key in %s: they are not a matching certificate and key in PEM", e.Certificate, e.Key)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

// untrusted says why a connection over TLS was not made, "" if that is not the reason.
func untrusted(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var header tls.RecordHeaderError
	var remote *net.OpError
	switch {
	case errors.As(err, &host):
		return "its certificate is not for this name: " + strings.TrimPrefix(host.Error(), "x509: ")
	case errors.As(err, &authority):
		return "no authority that is trusted has signed its certificate; name the file of the one that has with --cacert"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired, or is not valid yet; see the clocks of both machines, and renew it"
	case errors.As(err, &invalid):
		return "its certificate is not valid: " + strings.TrimPrefix(invalid.Error(), "x509: ")
	case errors.As(err, &header), errors.Is(err, http.ErrSchemeMismatch):
		return "what listens there does not speak TLS; leave https:// out, or see /management/tls"
	case errors.As(err, &remote) && remote.Op == "remote error": // an alert (RFC 8446 section 6)
		return "it has refused the connection (" + strings.TrimPrefix(remote.Err.Error(), "tls: ") + "); see --cert, and its log"
	}
	return ""
}
