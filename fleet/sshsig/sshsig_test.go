// SPDX-License-Identifier: Apache-2.0

package sshsig

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func keygen(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("ssh-keygen", args...)
	cmd.Stdin = strings.NewReader("")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// made is a key that ssh-keygen made, and its public part.
func made(t *testing.T, kind string, more ...string) (file, public string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "key")
	keygen(t, append([]string{"-q", "-t", kind, "-N", "", "-C", "", "-f", file}, more...)...)
	text, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return file, strings.TrimSpace(string(text))
}

func signedBy(t *testing.T, key, namespace string, message []byte) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "message")
	if err := os.WriteFile(file, message, 0o600); err != nil {
		t.Fatal(err)
	}
	keygen(t, "-Y", "sign", "-q", "-n", namespace, "-f", key, file)
	sig, err := os.ReadFile(file + ".sig")
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func allowed(t *testing.T, text string) []Signer {
	t.Helper()
	s, err := ParseSigners([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What ssh-keygen signs is verified, with each kind of key.
func TestSignaturesOfSSHKeygen(t *testing.T) {
	message := []byte("a release\n")
	for _, kind := range [][]string{{"ed25519"}, {"rsa", "-b", "2048"}, {"ecdsa"}} {
		key, public := made(t, kind[0], kind[1:]...)
		signers := allowed(t, "# who may\n\nalice@example.net,alice "+public+"\n")
		who, err := Verify(message, signedBy(t, key, "kres-fleet", message), "kres-fleet", signers, noon)
		if err != nil || strings.Join(who, " ") != "alice@example.net alice" {
			t.Errorf("%v: %v, %v", kind, who, err)
		}
	}
}

// The other way round, ssh-keygen verifies what we make.
func TestSSHKeygenTakesOurs(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("a release\n")
	sig, err := Armor(message, "kres-fleet", signer)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	public := string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	for name, text := range map[string]string{"sig": string(sig), "allowed": "bob " + public} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("ssh-keygen", "-Y", "verify", "-n", "kres-fleet", "-I", "bob", "-f", filepath.Join(dir, "allowed"), "-s", filepath.Join(dir, "sig"))
	cmd.Stdin = bytes.NewReader(message)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestWhatIsRefused(t *testing.T) {
	message := []byte("a release\n")
	key, public := made(t, "ed25519")
	_, other := made(t, "ed25519")
	good := signedBy(t, key, "kres-fleet", message)
	elsewhere := signedBy(t, key, "git", message)
	for _, c := range []struct {
		name, signers, message string
		sig                    []byte
		want                   string
	}{
		{"another key", "bob " + other, "a release\n", good, "which no line of the allowed signers names"},
		{"another text", "alice " + public, "a release", good, "the signature is not of this text"},
		{"another namespace", "alice " + public, "a release\n", elsewhere, `the signature is for "git", not for "kres-fleet"`},
		{"allowed for something else", `alice namespaces="git,file" ` + public, "a release\n", good, "alice, who is allowed for git,file only"},
		{"expired", `alice valid-before="20260601115959Z" ` + public, "a release\n", good, "alice, who was allowed until 2026-06-01T11:59:59Z"},
		{"not yet", `alice valid-after="20260602Z",namespaces="kres-*" ` + public, "a release\n", good, "alice, who is allowed from 2026-06-02"},
		{"cut off", "alice " + public, "a release\n", good[:len(good)/2], "there is no signature, or more than one"},
		{"none", "alice " + public, "a release\n", nil, "there is no signature, or more than one"},
		{"two", "alice " + public, "a release\n", append(bytes.Clone(good), good...), "there is no signature, or more than one"},
		{"huge", "alice " + public, "a release\n", bytes.Repeat([]byte("x"), 1<<20), "more than 16384 bytes"},
	} {
		who, err := Verify([]byte(c.message), c.sig, "kres-fleet", allowed(t, c.signers), noon)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", c.name, who, err)
		}
	}
	for name, line := range map[string]string{"in time": `alice valid-after="20260531Z",valid-before="20260602Z" ` + public, "for a pattern": `alice namespaces="kres-*" ` + public} {
		if _, err := Verify(message, good, "kres-fleet", allowed(t, line), noon); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSignersThatCannotBeRead(t *testing.T) {
	_, public := made(t, "ed25519")
	for text, want := range map[string]string{
		"":                                      "no line names a key",
		"alice":                                 "line 1: it is not of the form",
		"\nalice cert-authority " + public:      "line 2: certificates of keys are not taken",
		"alice valid-before=\"soon\" " + public: `line 1: "soon" is not a time`,
		"alice colour=\"red\" " + public:        `line 1: there is no option "colour"`,
		"alice ssh-ed25519 AAAA":                "line 1: cannot read the key",
	} {
		if _, err := ParseSigners([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(begin+"\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"), []byte("alice ssh-ed25519 AAAA"))
	f.Fuzz(func(t *testing.T, sig, signers []byte) {
		s, _ := ParseSigners(signers)
		if who, err := Verify([]byte("x"), sig, "kres-fleet", s, noon); err == nil {
			t.Fatal(fmt.Sprint("taken: ", who))
		}
	})
}
