// SPDX-License-Identifier: Apache-2.0

package token

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDigests(t *testing.T) {
	const hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // of FIPS 180-4, by sha256sum(1)
	if got := Of("hello").String(); got != hello {
		t.Errorf("got %s", got)
	}
	for text, same := range map[string]bool{"hello": true, hello: true, strings.ToUpper(hello[7:]): false, "sha256:" + strings.ToUpper(hello[7:]): true, "Hello": false} {
		if d, err := Parse(text); err != nil || d.Equal(Of("hello")) != same {
			t.Errorf("%s: %s %v", text, d, err)
		}
	}
	// Who has the hash has no token.
	if d, _ := Parse(hello); d.Equal(Of(hello)) {
		t.Error("the hash of a token is taken for the token")
	}
	for _, text := range []string{"sha256:", "sha256:secret", hello + "00", hello[:len(hello)-1]} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), "64 hexadecimal digits") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", text, err)
		}
	}
	one, other := New(), New()
	if one == other || len(one) != 64 || Hashed(one) {
		t.Errorf("new tokens: %s %s", one, other)
	}
}

func TestFilesWithTokensAndHashes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := New()
	for _, text := range []string{secret + "\n", Of(secret).String() + "\n"} {
		write(text)
		if d, hashed, err := ReadDigest(path); err != nil || !d.Equal(Of(secret)) || hashed != strings.HasPrefix(text, Prefix) {
			t.Errorf("%s: %s %v %v", text, d, hashed, err)
		}
	}
	if got, err := Read(path); err == nil || !strings.Contains(err.Error(), path+" has the hash of a token") {
		t.Errorf("a hash to send: %q %v", got, err)
	}
	write("sha256:" + secret + secret + "\n")
	if _, _, err := ReadDigest(path); err == nil || !strings.Contains(err.Error(), "64 hexadecimal digits") || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
}
