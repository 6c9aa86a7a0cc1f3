// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const etcdStore = "\n[store]\nkind = \"etcd\"\nfleet = \"prod\"\nendpoints = [\"https://192.0.2.1:2379\"]\n"

func read(t *testing.T, text string) (Settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Read(path)
}

func TestRead(t *testing.T) {
	s, err := read(t, "host = \"ns1\"\ntags = [\"ring=canary\", \"edge\"]\nlead = true\n"+etcdStore)
	if err != nil || s.Socket != "/run/knot-resolver/kres-api.sock" || s.File != "/var/lib/kres-fleet/config.yaml" || !s.Lead {
		t.Errorf("%+v, %v", s, err)
	}
	tags, err := s.AllTags()
	if err != nil || tags["ring"] != "canary" {
		t.Errorf("%v, %v", tags, err)
	}
	if _, there := tags["edge"]; !there {
		t.Errorf("%v", tags)
	}
	for text, want := range map[string]string{
		"lead = perhaps":                            "s.toml:1:8:",
		"colour = 1" + etcdStore:                    "there is no key colour",
		"host = \"../x\"" + etcdStore:               "is not a name of a host",
		"tags = [\"host=ns2\"]" + etcdStore:         "is neither TAG nor TAG=VALUE",
		"host = \"a\"\n[store]\nkind = \"paper\"":   `kind is etcd, dir or https, not "paper"`,
		"host = \"a\"\n[store]\nkind = \"https\"":   "https needs url and token-file",
		"prometheus = \"ns1:9090\"" + etcdStore:     "prometheus: \"ns1:9090\" is not the URL of a Prometheus server",
		"prometheus-token-file = \"t\"" + etcdStore: "it needs prometheus",
		"[[probe]]\nname = \"x.\"\n" + etcdStore:    "probe 1: name, type and rcode are needed",
	} {
		if _, err := read(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTagsOfTheMachine(t *testing.T) {
	got := machineTags([]byte("PRETTY_HOSTNAME=\"x\"\nTAGS=\"ring=canary:edge:host=ns9:*\"\n"))
	if strings.Join(got, " ") != "ring=canary edge" {
		t.Errorf("%q", got)
	}
}
