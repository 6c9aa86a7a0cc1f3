// SPDX-License-Identifier: Apache-2.0

package encrypt

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/test/certificate"
)

func TestCertificatesAreInDateAndFitTheirKeys(t *testing.T) {
	ca := certificate.NewAuthority(t)
	cert, key := ca.Issue(t, "dns.example")
	_, other := ca.Issue(t, "other.example")
	now := time.Now()
	late, early := now.Add(48*time.Hour), now.Add(-48*time.Hour)
	for name, c := range map[string]struct {
		cert, key, clients []byte
		at                 time.Time
		network            bool
		want               []string // a beginning for each problem
	}{
		"good":                            {cert, key, ca.PEM, now, false, nil},
		"good, of the resolver":           {cert, key, nil, now, true, nil},
		"of another one":                  {cert, other, nil, now, false, []string{"/management/tls/key-file: DIR/key.pem is not the key of the certificate in DIR/cert.pem"}},
		"of another one, of the resolver": {cert, other, nil, now, true, []string{"/network/tls/key-file: DIR/key.pem is not the key of the certificate in DIR/cert.pem"}},
		"expired": {cert, key, ca.PEM, late, false, []string{
			"/management/tls/cert-file: the certificate in DIR/cert.pem expired on ",
			"/management/tls/client-ca-file: no certificate in DIR/ca.pem is in date"}},
		"expired, of the resolver":    {cert, key, nil, late, true, []string{"/network/tls/cert-file: the certificate in DIR/cert.pem expired on "}},
		"of the future":               {cert, key, nil, early, false, []string{"/management/tls/cert-file: the certificate in DIR/cert.pem is not valid before "}},
		"with the authority below it": {append(bytes.Clone(cert), ca.PEM...), key, nil, now, false, nil},
		"no certificate":              {[]byte("x"), key, nil, now, true, []string{"/network/tls/cert-file: DIR/cert.pem has no certificate that can be read"}},
		"no key that we know":         {cert, []byte("x"), nil, now, true, nil},
		"no key":                      {cert, []byte("x"), nil, now, false, []string{"/management/tls/key-file: DIR/key.pem has no private key that can be read"}},
		"no authority":                {cert, key, key, now, false, []string{"/management/tls/client-ca-file: DIR/ca.pem has no certificate"}},
		"no file, which others tell":  {cert, nil, nil, now, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			of := files(t)
			put(t, of.CertFile, c.cert)
			if c.key != nil {
				put(t, of.KeyFile, c.key)
			}
			if c.clients != nil {
				of.ClientCAFile = filepath.Join(filepath.Dir(of.CertFile), "ca.pem")
				put(t, of.ClientCAFile, c.clients)
			}
			var conf config.Config
			if c.network {
				conf.Network.TLS.CertFile, conf.Network.TLS.KeyFile = of.CertFile, of.KeyFile
			} else {
				conf.Management.TLS = of
			}
			problems := Examine(&conf, c.at)
			for i, p := range problems {
				text := strings.ReplaceAll(p.Pointer+": "+p.Message, filepath.Dir(of.CertFile), "DIR")
				if i >= len(c.want) || !strings.HasPrefix(text, c.want[i]) || p.Severity != config.SeverityError || p.Hint == "" {
					t.Errorf("%q (%s), want %q", text, p.Hint, c.want)
				}
			}
			if len(problems) != len(c.want) {
				t.Errorf("%d problems, want %q", len(problems), c.want)
			}
		})
	}
}
