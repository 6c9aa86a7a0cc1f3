// SPDX-License-Identifier: Apache-2.0

package input

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/units"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func see(t *testing.T, e *Eye, path string) Seen {
	t.Helper()
	return e.Look(t.Context(), []string{path})[path]
}

func TestTheContentDecides(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var e Eye
	if s := see(t, &e, path); s.ID != units.Absent || s.Hidden != "" {
		t.Errorf("what is not there is %+v", s)
	}
	write(t, path, "one")
	one := see(t, &e, path)
	if !strings.HasPrefix(one.ID, "sha256:") || one.Since.IsZero() || one.Modified.IsZero() {
		t.Errorf("seen: %+v", one)
	}
	// The same size and time, as after cp -p, within the grain of the file system.
	at := time.Unix(1, 0)
	for _, text := range []string{"one", "two"} {
		write(t, path, text)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		if got := see(t, &e, path); (got.ID == one.ID) != (text == "one") {
			t.Errorf("%s: %+v", text, got)
		}
	}
	// Another file with the same content is no other content.
	write(t, path+".new", "one")
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if got := see(t, &e, path); got.ID != one.ID {
		t.Errorf("%+v, want %s", got, one.ID)
	}
}

func TestWhatDoesNotChangeIsNotReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "text")
	s := look(t.Context(), path, Seen{})
	s.trusted, s.ID = true, "what was read before"
	if got := look(t.Context(), path, s); got.ID != s.ID {
		t.Errorf("it was read again: %s", got.ID)
	}
	s.stat.ctime.Nsec++
	if got := look(t.Context(), path, s); got.ID == s.ID {
		t.Error("it was not read again")
	}
	if fresh := look(t.Context(), path, Seen{}); fresh.trusted && time.Since(fresh.Since) < settled {
		t.Error("a change of just now is trusted, and the next one would not be seen")
	}
}

// A key that is made readable for root alone is still the key that workers have read.
func TestWhoMayReadAFileIsNotItsContent(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become someone who may not read a file")
	}
	path := filepath.Join(t.TempDir(), "key")
	write(t, path, "a key")
	for _, folder := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path))} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// asOther looks as a user who owns nothing; the file system asks for the thread's.
	asOther := func(known Seen) (s Seen) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := unix.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = unix.Setfsuid(0) }()
		return look(t.Context(), path, known)
	}
	read := asOther(Seen{})
	if !strings.HasPrefix(read.ID, "sha256:") {
		t.Fatalf("seen: %+v", read)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if closed := asOther(read); closed.ID != read.ID {
		t.Errorf("it is taken for another content: %s", closed.ID)
	}
	if unknown := asOther(Seen{}); !strings.HasPrefix(unknown.ID, "stat:") {
		t.Errorf("what was never read is known: %s", unknown.ID)
	}
	write(t, path, "another")
	if another := asOther(read); another.ID == read.ID {
		t.Error("another content is taken for what was read")
	}
}

func TestWhatIsNoFileIsNotOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
	var e Eye
	if s := see(t, &e, path); !strings.HasPrefix(s.ID, "stat:") {
		t.Errorf("%+v", s)
	}
	if _, _, err := hash(t.Context(), path); err == nil {
		t.Error("a FIFO was read")
	}
}

func TestASwitchedLinkIsAsNewAsTheSwitch(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/old", "text")
	long := time.Now().Add(-time.Hour)
	if got := latest(dir+"/old", long); !got.Equal(long) {
		t.Errorf("a file is as old as %s", got)
	}
	for _, link := range []struct{ at, to string }{{dir + "/link", "old"}, {dir + "/folder", "."}} {
		if err := os.Symlink(link.to, link.at); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{dir + "/link", dir + "/folder/old"} {
		if got := latest(path, long); !got.After(long) {
			t.Errorf("%s is as old as %s", path, got)
		}
	}
}

func TestACertificateIsKnownByItsName(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for want, template := range map[string]x509.Certificate{
		"CN=dns.example, until 2027-02-01": {Subject: pkix.Name{CommonName: "dns.example"}},
		"san.example, until 2027-02-01":    {DNSNames: []string{"san.example"}},
		"without a name, until 2027-02-01": {},
		"CN=a?[31mb, until 2027-02-01":     {Subject: pkix.Name{CommonName: "a\x1b[31mb"}},
	} {
		template.SerialNumber = big.NewInt(1)
		template.NotAfter = time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)
		der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		text := append([]byte("# a comment\n"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
		if got, expires := note(text); got != want || expires != template.NotAfter.Unix() {
			t.Errorf("%q until %d, want %q until %d", got, expires, want, template.NotAfter.Unix())
		}
	}
	for _, text := range []string{"", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		if got, expires := note([]byte(text)); got != "" || expires != 0 {
			t.Errorf("%q is known as %q", text, got)
		}
	}
}
