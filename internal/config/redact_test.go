// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"strings"
	"testing"

	"kresd-manager/internal/config/tree"
)

const secretForTests = "correct horse battery staple, twice"

func TestSecretsAreRedacted(t *testing.T) {
	text := `{"network":{"tls":{"sticket-secret":"` + secretForTests + `","padding":5}},"management":{"unix-socket":"/s","roles":[{"role":"read","users":["a"]},` +
		`{"role":"operate","token":"` + secretForTests + `"}]},"local-data":{"addresses":{"token":"192.0.2.1"}}}`
	d := mustParse(t, text)
	if got, want := string(d.Redacted().JSON()), strings.ReplaceAll(text, secretForTests, RedactedText); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if string(d.JSON()) != text {
		t.Error("the document has changed")
	}
	if plain := mustParse(t, "network: {tls: {sticket-secret: ~}}"); plain.Redacted() != plain {
		t.Error("a document without secrets is copied")
	}
	if got := string(mustParse(t, `{"network":{"tls":{"Sticket_Secret":"x"}}}`).Redacted().JSON()); strings.Contains(got, `"x"`) {
		t.Errorf("got %s", got)
	}
	_, err := d.Redacted().Config(testHost)
	want := "/network/tls/sticket-secret: (secret) stands in place of a secret; give the secret itself, or leave the key as it is"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWhatHidesSecretsIsKnown(t *testing.T) {
	with := mustParse(t, `{"network":{"tls":{"sticket-secret":"`+secretForTests+`"}},"management":{"unix-socket":"/s","roles":[{"role":"operate","token":"x"}]}}`)
	for name, d := range map[string]struct {
		doc  *Document
		want bool
	}{
		"secrets":                  {with, false},
		"no secrets":               {mustParse(t, "workers: 2"), false},
		"redacted":                 {with.Redacted(), true},
		"a role":                   {mustParse(t, `{"management":{"roles":[{"role":"read"},{"role":"operate","token":"(secret)"}]}}`), true},
		"a word that is no secret": {mustParse(t, `{"hostname":"(secret)","lua":{"script":"(secret)"}}`), false},
	} {
		if got := d.doc.HidesSecrets(); got != d.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// Nothing that is said about a document has a secret in it.
func TestMessagesHoldNoSecrets(t *testing.T) {
	for _, text := range []string{
		"network: {tls: {sticket-secret: hush}}",
		"network: {tls: {sticket-secret: [hush]}}",
		"network: {tls: {sticket-secret: {hush: hush}}}",
		"network: {tls: {sticket-secret: 47110815.5}}",
		"network: {tls: {sticket_secret: hush}}",
		"network: {tls: {sticket-secrt: hush}}",
		"network: {tls: {sticket-secret: " + secretForTests + ", sticket-secret-file: f}}",
		"management: {unix-socket: /s, roles: [{role: read, token: hush}]}",
		"management: {unix-socket: /s, roles: [{role: read, token: [hush]}]}",
		"management: {unix-socket: /s, roles: {token: hush}}",
	} {
		_, problems := mustParse(t, text).Check(testHost)
		if problems == nil {
			t.Errorf("%s: no problems", text)
		}
		for _, p := range problems {
			p.Pointer = strings.ReplaceAll(p.Pointer, "/hush", "")
			if said := p.String(); strings.Contains(strings.ReplaceAll(said, `unknown key "hush"`, ""), "hush") || strings.Contains(said, "4711") || strings.Contains(said, "horse") {
				t.Errorf("%s: %s", text, said)
			}
		}
	}
	d := mustParse(t, "network: {tls: {sticket-secret: hush}}")
	var malformed *tree.PointerError
	if _, err := d.Value("/network/tls/sticket-secret/x"); !errors.As(err, &malformed) || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
}
