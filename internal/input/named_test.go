// SPDX-License-Identifier: Apache-2.0

package input

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
	"kresd-manager/internal/render"
	"kresd-manager/units"
)

// everything names a file of its own for each key that can.
const everything = `{
  "network": {"listen": [{"interface": "127.0.0.1", "kind": "dot"}],
    "tls": {"cert-file": "/f/cert", "key-file": "/f/key", "sticket-secret-file": "/f/ticket"}},
  "dnssec": {"trust-anchors-files": [{"file": "/f/anchors", "read-only": true}, {"file": "/f/own-anchors"}]},
  "forward": [{"subtree": ".", "servers": [{"address": "192.0.2.1", "transport": "tls", "hostname": "a.example", "ca-file": "/f/forward-ca"}]}],
  "fallback": {"enable": true, "servers": [{"address": "192.0.2.1", "transport": "tls", "hostname": "a.example", "ca-file": "/f/fallback-ca"}]},
  "cache": {"prefill": [{"origin": ".", "url": "https://a.example/", "ca-file": "/f/prefill-ca"}]},
  "lua": {"script-file": "/f/script", "policy-script-file": "/f/policy-script"},
  "local-data": {"addresses-files": ["/f/hosts"], "rules": [{"file": ["/f/rule"]}], "rpz": [{"file": "/f/zone"}, {"file": "/f/still", "watchdog": false}]},
  "management": {"unix-socket": "/api.sock", "roles": [{"role": "read", "token-file": "/f/token"}]}
}`

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	doc, err := config.Parse("", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c, err := doc.Config(config.Host{CPUs: 2, Hostname: "host.example", BaseDir: "/"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestNamedIsWhatComponentsRead holds the list equal to what is rendered: a new
// key that names a file and is missing here fails it.
func TestNamedIsWhatComponentsRead(t *testing.T) {
	for _, key := range config.Keys() {
		if key.Type.Grammar != "rfile" || strings.HasPrefix(key.Pointer, "/management/") { // the manager reads those itself
			continue
		}
		last := key.Pointer[strings.LastIndexByte(strings.TrimSuffix(key.Pointer, "/*"), '/')+1:]
		if !strings.Contains(everything, `"`+strings.TrimSuffix(last, "/*")+`"`) {
			t.Errorf("no file is named for %s", key.Pointer)
		}
	}
	c := parse(t, everything)
	worker, _ := render.Worker(c, render.Host{CPUs: 2})
	rules, _ := render.PolicyLoader(c)
	got := map[string]string{}
	for _, in := range Named(c) {
		who := "worker"
		if in.Use == units.UseRules {
			who = "policy-loader"
		}
		got[in.Path] += who
	}
	want := map[string]string{}
	for i, word := range strings.Split(everything, `"`) {
		if i%2 == 0 || !strings.HasPrefix(word, "/f/") {
			continue
		}
		switch quoted := "'" + word + "'"; {
		case strings.Contains(worker, quoted):
			want[word] = "worker" // and of the policy-loader, which has no use for a CA
		case strings.Contains(rules, quoted):
			want[word] = "policy-loader"
		case word != "/f/token":
			t.Errorf("no component reads %s", word)
		}
	}
	delete(want, "/f/own-anchors") // the workers write it themselves
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := Watched(Named(c)); !slices.Equal(got, []string{"/f/cert", "/f/key", "/f/zone"}) {
		t.Errorf("watched: %v", got)
	}
}

func TestPointersLeadToTheFile(t *testing.T) {
	doc, err := config.Parse("", []byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range Named(parse(t, everything)) {
		if v, err := doc.Value(in.Pointer); err != nil || string(v) != `"`+in.Path+`"` {
			t.Errorf("%s is %s, %v, want %s", in.Pointer, v, err, in.Path)
		}
	}
}

func TestWhatHasNoEffectIsNoInput(t *testing.T) {
	for name, text := range map[string]string{
		"no TLS listener":      `{"network": {"tls": {"cert-file": "/f/cert", "key-file": "/f/key"}}}`,
		"no validation":        `{"dnssec": {"enable": false, "trust-anchors-files": [{"file": "/f/a", "read-only": true}]}}`,
		"no fallback":          `{"fallback": {"enable": false, "servers": [{"address": "192.0.2.1", "transport": "tls", "hostname": "a.example", "ca-file": "/f/ca"}]}}`,
		"a token of a role":    `{"management": {"unix-socket": "/api.sock", "roles": [{"role": "read", "token-file": "/f/token"}]}}`,
		"nothing but a script": `{"lua": {"policy-script-only": true, "policy-script": "x()"}, "local-data": {"addresses-files": ["/f/hosts"]}}`,
	} {
		if got := Named(parse(t, text)); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestSourcesAreReportedByTheirPointers holds the names equal by which the
// policy-loader reports, and by which it learns what must not fail.
func TestSourcesAreReportedByTheirPointers(t *testing.T) {
	c := parse(t, everything)
	rules, _ := render.PolicyLoader(c)
	n := 0
	for _, in := range Named(c) {
		if in.Use != units.UseRules {
			continue
		}
		n++
		if !strings.Contains(rules, "('"+in.Pointer+"', '"+in.Path+"', '") {
			t.Errorf("the policy-loader does not read %s as %s", in.Path, in.Pointer)
		}
	}
	if n != 5 {
		t.Errorf("%d sources", n)
	}
}
