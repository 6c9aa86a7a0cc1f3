// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/source"
	"kresd-manager/test/certificate"
)

// What --strict says of certificates has the place of the key that names the file.
func TestCertificatesAreLookedInto(t *testing.T) {
	dir := t.TempDir()
	ca := certificate.NewAuthority(t)
	cert, key := ca.Issue(t, "dns.example")
	_, other := ca.Issue(t, "other.example")
	for name, text := range map[string][]byte{"cert.pem": cert, "key.pem": key, "other.pem": other,
		"c.yaml": []byte("management:\n  interface: 127.0.0.1@8453\n  tls: {cert-file: cert.pem, key-file: other.pem}\nnetwork:\n  tls: {cert-file: cert.pem, key-file: key.pem}\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	who, err := Account("root")
	if err != nil {
		t.Fatal(err)
	}
	v := Configuration(new(source.Reader), []string{filepath.Join(dir, "c.yaml")})
	v.Inspect(who)
	var found []string
	for _, p := range v.Problems {
		if strings.Contains(p.Pointer, "/tls/") {
			found = append(found, strings.ReplaceAll(p.String(), dir+"/", ""))
		}
	}
	if len(found) != 1 || !strings.HasPrefix(found[0], "c.yaml:3:40: /management/tls/key-file: other.pem is not the key of the certificate in cert.pem") {
		t.Errorf("found is %q", found)
	}
}
