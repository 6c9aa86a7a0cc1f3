// SPDX-License-Identifier: Apache-2.0

package release

import (
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sshsig"
	"kresd-manager/internal/config"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func key(t *testing.T, seed byte) (ssh.Signer, []sshsig.Signer) {
	t.Helper()
	s, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(seed), ed25519.SeedSize))))
	if err != nil {
		t.Fatal(err)
	}
	signers, err := sshsig.ParseSigners([]byte("alice " + string(ssh.MarshalAuthorizedKey(s.PublicKey()))))
	if err != nil {
		t.Fatal(err)
	}
	return s, signers
}

func manifest(sequence uint64) Manifest {
	return Manifest{Format: Format, Sequence: sequence, Base: Digest([]byte("base")), Overlays: []Overlay{
		{"ring=canary", Digest([]byte("canary"))}, {"host=ns1", Digest([]byte("ns1"))},
	}, Files: []File{{"block.rpz", Digest([]byte("list")), "https://lists.example/block.rpz"}}, Notes: "a <note> & more"}
}

func bundle(t *testing.T, m Manifest, s ssh.Signer, namespace string) (string, []byte) {
	t.Helper()
	sig, err := sshsig.Armor(m.Text(), namespace, s)
	if err != nil {
		t.Fatal(err)
	}
	return Digest(m.Text()), Bundle{string(m.Text()), string(sig)}.Text()
}

func TestOpen(t *testing.T) {
	s, signers := key(t, 'a')
	other, _ := key(t, 'b')
	m := manifest(4)
	name, text := bundle(t, m, s, Namespace)
	got, by, err := Open(name, text, signers, noon)
	if err != nil || by[0] != "alice" || got.Sequence != 4 || got.Notes != m.Notes {
		t.Fatalf("%+v, %v, %v", got, by, err)
	}
	_, foreign := bundle(t, m, other, Namespace)
	_, elsewhere := bundle(t, m, s, "file")
	spaced := Bundle{Manifest: string(m.Text()) + " "}
	sig, err := sshsig.Armor([]byte(spaced.Manifest), Namespace, s)
	if err != nil {
		t.Fatal(err)
	}
	spaced.Signature = string(sig)
	newer := manifest(4)
	newer.Format = 2
	newName, newText := bundle(t, newer, s, Namespace)
	for want, c := range map[string]struct {
		name string
		text []byte
	}{
		"which no line of the allowed signers names":          {name, foreign},
		`the signature is for "file"`:                         {name, elsewhere},
		"is not what its name says":                           {Digest([]byte("x")), text},
		"the signature is not of this text":                   {spacedName(spaced), Bundle{spaced.Manifest, bundleOf(t, text).Signature}.Text()},
		"the manifest is not in its canonical form":           {spacedName(spaced), spaced.Text()},
		"cannot read release":                                 {name, []byte("\x00\x01")},
		"the manifest has format 2, and this version knows 1": {newName, newText},
		"has 262144 bytes, more than 131072":                  {name, make([]byte, 256<<10)},
	} {
		if _, _, err := Open(c.name, c.text, signers, noon); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func spacedName(b Bundle) string { return Digest([]byte(b.Manifest)) }

func bundleOf(t *testing.T, text []byte) (b Bundle) {
	t.Helper()
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestManifestsThatAreRefused(t *testing.T) {
	for want, spoil := range map[string]func(*Manifest){
		"counts from 1":                 func(m *Manifest) { m.Sequence = 0 },
		"named by its SHA-256":          func(m *Manifest) { m.Base = "../../etc" },
		"is not a match":                func(m *Manifest) { m.Overlays[0].Match = "a b" },
		"a name has letters":            func(m *Manifest) { m.Files[0].Name = "../x" },
		"is not a URL":                  func(m *Manifest) { m.Files[0].URL = "file:///etc/shadow" },
		"file block.rpz is there twice": func(m *Manifest) { m.Files = append(m.Files, m.Files[0]) },
		"at most 256 overlays":          func(m *Manifest) { m.Overlays = make([]Overlay, 300) },
	} {
		m := manifest(4)
		spoil(&m)
		if _, err := Parse(m.Text()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// An older release may be a replay; the one a host has come from is none.
func TestSequences(t *testing.T) {
	h := Held{Current: "c", Previous: "p", Highest: 9}
	for _, c := range []struct {
		name     string
		sequence uint64
		taken    bool
	}{{"new", 10, true}, {"old", 8, false}, {"same", 9, false}, {"c", 9, true}, {"p", 5, true}, {"", 5, false}} {
		err := h.Accept(c.name, Manifest{Sequence: c.sequence})
		if (err == nil) != c.taken {
			t.Errorf("%s, %d: %v", c.name, c.sequence, err)
		}
	}
}

func TestWhatAHostGets(t *testing.T) {
	m := manifest(1)
	if got := m.For(rollout.Tags{"host": "ns1", "ring": "canary"}); len(got) != 3 {
		t.Errorf("%v", got)
	}
	if got := m.For(rollout.Tags{"host": "ns2"}); len(got) != 1 {
		t.Errorf("%v", got)
	}
	doc, err := Compose("release x", [][]byte{
		[]byte("workers: 4\ncache:\n  size-max: 100M\n  ttl-max: 1d\nlocal-data:\n  rpz:\n    - file: fleet-file:block.rpz\nlogging: {level: info}\n"),
		[]byte("cache: {ttl-max: 2d}\nlogging: null\n"),
		[]byte("workers: 2\n"),
	}, map[string]string{"block.rpz": "/var/lib/kres-fleet/files/block.rpz"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"cache": {"size-max": "100M", "ttl-max": "2d"}, "local-data": {"rpz": [{"file": "/var/lib/kres-fleet/files/block.rpz"}]}, "workers": 2}`
	if got := normal(t, string(doc.JSON())); got != normal(t, want) {
		t.Errorf("%s", got)
	}
	if _, err := Compose("release x", [][]byte{[]byte("a: fleet-file:none\n")}, nil); err == nil || !strings.Contains(err.Error(), "not part of it: none") {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := Compose("release x", [][]byte{[]byte("workers: 1\n"), []byte("- 1\n")}, nil); err == nil || !strings.Contains(err.Error(), "release x, overlay 1 is not a mapping") {
		t.Errorf("a list as overlay: %v", err)
	}
}

func normal(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parse(t *testing.T, name, text string) *config.Document {
	t.Helper()
	doc, err := config.Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestLocalAndBrought(t *testing.T) {
	running := parse(t, "running", "workers: 4\ncache: {size-max: 100M, ttl-max: 2d}\nnetwork:\n  listen:\n    - interface: 127.0.0.1\n")
	old := parse(t, "old", "workers: 2\ncache: {size-max: 100M}\nlogging: {level: debug}\n")
	o, err := Divide(running, old)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(o.Drift, " "); got != "/logging /workers" {
		t.Errorf("drift: %s", got)
	}
	if got, want := normal(t, string(o.Local.JSON())), normal(t, `{"cache":{"ttl-max":"2d"},"network":{"listen":[{"interface":"127.0.0.1"}]}}`); got != want {
		t.Errorf("local: %s", got)
	}
	if _, err := Join(o.Local, parse(t, "release y", "cache: {size-max: 1G}\n")); err != nil {
		t.Errorf("beside each other: %v", err)
	}
	if _, err := Join(o.Local, parse(t, "release y", "cache: {ttl-max: 1d}\n")); err == nil || !strings.Contains(err.Error(), "release y") || !strings.Contains(err.Error(), "/cache/ttl-max") {
		t.Errorf("the same key in both: %v", err)
	}
}
