// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strings"
	"testing"

	"kresd-manager/internal/config/tree"
)

// parseAll parses texts as files a, b and so on.
func parseAll(t *testing.T, texts ...string) []*Document {
	t.Helper()
	docs := make([]*Document, len(texts))
	for i, text := range texts {
		d, err := Parse(string(rune('a'+i)), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		docs[i] = d
	}
	return docs
}

func TestFilesAreCombined(t *testing.T) {
	for _, test := range []struct {
		name  string
		texts []string
		want  string
	}{
		{"none", nil, "{}"},
		{"one", []string{"workers: 2"}, `{"workers":2}`},
		{"different formats", []string{"workers: 2", `{"nsid":"x"}`, "hostname = 'h'"}, `{"workers":2,"nsid":"x","hostname":"h"}`},
		{"sections at every depth", []string{"cache: {garbage-collector: {threshold: 5}, size-max: 1G}", "cache:\n  garbage-collector:\n    release: 6\n  storage: /c\n"},
			`{"cache":{"garbage-collector":{"threshold":5,"release":6},"size-max":"1G","storage":"/c"}}`},
		{"names of local data", []string{"local-data: {addresses: {a.b: 192.0.2.1}}", "local-data: {addresses: {c_c.d: 192.0.2.2}}"},
			`{"local-data":{"addresses":{"a.b":"192.0.2.1","c_c.d":"192.0.2.2"}}}`},
		{"an empty object beside others", []string{"{}", "cache: {}", "cache: {size-max: 1G}"}, `{"cache":{"size-max":"1G"}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			docs := parseAll(t, test.texts...)
			before := make([]string, len(docs))
			for i, d := range docs {
				before[i] = string(tree.AppendJSON(nil, &d.root))
			}
			d, err := Combine(docs...)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(d.JSON()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			for i, d := range docs {
				if got := string(tree.AppendJSON(nil, &d.root)); got != before[i] {
					t.Errorf("document %d has become %s", i, got)
				}
			}
		})
	}
}

func TestFilesThatClash(t *testing.T) {
	for _, test := range []struct {
		name  string
		texts []string
		want  string
	}{
		{"equal scalars", []string{"workers: 1", "\nworkers: 1"},
			`b:2:1: /workers: the key "workers" is in two files; it is in a:1:1 too; files add to one another and override nothing`},
		{"two lists", []string{"network: {listen: [{interface: lo}]}", "nsid: x\n", "network:\n  listen: [{interface: lo@5}]"},
			`c:2:3: /network/listen: the key "listen" is in two files; it is in a:1:11 too; files add to one another and override nothing`},
		{"an object and null", []string{"network: ~", "network: {}"},
			`b:1:1: /network: the key "network" is in two files; it is in a:1:1 too; files add to one another and override nothing`},
		{"null and null", []string{"nsid: ~", "nsid: ~"},
			`b:1:1: /nsid: the key "nsid" is in two files; it is in a:1:1 too; files add to one another and override nothing`},
		{"each clash is told, with the file of each", []string{"cache: {ttl-min: 1s}", "cache: {ttl-max: 1h}\nworkers: 1", "workers: 2\ncache: {ttl-max: 2h, ttl-min: 2s}"},
			`c:1:1: /workers: the key "workers" is in two files; it is in b:2:1 too; files add to one another and override nothing` + "\n" +
				`c:2:9: /cache/ttl-max: the key "ttl-max" is in two files; it is in b:1:9 too; files add to one another and override nothing` + "\n" +
				`c:2:22: /cache/ttl-min: the key "ttl-min" is in two files; it is in a:1:9 too; files add to one another and override nothing`},
		{"roots that are no objects", []string{"[]", "# nothing", `""`, "{}"},
			"a:1:1: expected an object, found a list\nb: empty configuration; write {} for all defaults\nc:1:1: expected an object, found \"\""},
		{"a single list", []string{"[]"}, "a:1:1: expected an object, found a list"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := parseOrCombine(t, test.texts)
			if d != nil || err == nil || err.Error() != test.want {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

// parseOrCombine lets an empty file through, which Parse may refuse by itself.
func parseOrCombine(t *testing.T, texts []string) (*Document, error) {
	t.Helper()
	var docs []*Document
	for i, text := range texts {
		d, err := Parse(string(rune('a'+i)), []byte(text))
		if err != nil {
			d = newDocument(string(rune('a'+i)), tree.Node{})
		}
		docs = append(docs, d)
	}
	return Combine(docs...)
}

// Problems of a combined document are found in the file that has the value.
func TestProblemsNameTheFile(t *testing.T) {
	d, err := Combine(parseAll(t, "cache: {ttl-min: 1h}\nviews: [{subnets: [192.0.2.0/24], answer: allow}]\nworkers: x\n",
		"cache:\n  ttl-max: 1s\n  size-max: 5\n", `{"network":{"listen":[{"interface":"lo","kind":"dto"}]}}`)...)
	if err != nil {
		t.Fatal(err)
	}
	_, problems := d.Check(testHost)
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%s:%d:%d %s", p.File, p.Line, p.Column, p.Pointer))
	}
	want := "a:1:18 /cache/ttl-min a:3:10 /workers b:3:13 /cache/size-max c:1:48 /network/listen/0/kind"
	if strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
	// An edit keeps the positions of what it leaves alone.
	edited, err := d.Put("/workers", mustParse(t, "y"))
	if err != nil {
		t.Fatal(err)
	}
	_, problems = edited.Check(testHost)
	if text := problems.Error(); !strings.Contains(text, "c:1:48: /network/listen/0/kind") || !strings.Contains(text, "b:3:13: ") || strings.Contains(text, ":3:10: ") {
		t.Errorf("got %s", text)
	}
}

func TestManyNamesOfTwoFilesAreCombinedFast(t *testing.T) {
	const n = 50_000
	first := mustParse(t, "local-data:\n  addresses:\n"+entries(n, "    a%.example: 192.0.2.1"))
	second := mustParse(t, "local-data:\n  addresses:\n"+entries(n, "    b%.example: 192.0.2.1"))
	d, err := Combine(first, second)
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Config(testHost)
	if err != nil || c.LocalData.Addresses.Len() != 2*n {
		t.Errorf("got %v", err)
	}
}
