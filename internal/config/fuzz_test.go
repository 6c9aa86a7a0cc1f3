// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/rogpeppe/go-internal/txtar"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

func addProblemFiles(f *testing.F, pattern string) {
	paths, err := filepath.Glob(filepath.Join("testdata", "problems", pattern))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no files %s: %v", pattern, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
}

func FuzzParseYAML(f *testing.F) {
	addProblemFiles(f, "*.yaml")
	archives, _ := filepath.Glob(filepath.Join("testdata", "corpus", "*.txtar"))
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, ".yaml") {
				f.Add(string(file.Data))
			}
		}
	}
	f.Add("a: &x [1, *x, !foo y]\n<<: *x\n? [a]\n: b\n---\n%YAML 1.2")
	f.Add("a: |\n  x\nb: \"\\u0041\\\n  c\"\n# d\ne: {f: g, h: [i]}\n")
	f.Fuzz(checkDocument)
}

func FuzzParseJSON(f *testing.F) {
	addProblemFiles(f, "*.json")
	f.Add(`{"a":[1,-0.5e+3,true,null,"\u00e9\ud83d\ude00\n"]}`)
	f.Fuzz(func(t *testing.T, src string) {
		if strings.HasPrefix(src, "{") || strings.HasPrefix(src, "[") {
			checkDocument(t, src)
		}
		root, problems := text.Read(text.JSON, []byte(src))
		isSyntax := len(problems) > 0 && strings.HasPrefix(problems[0].Message, "not valid JSON")
		if valid := json.Valid([]byte(src)); isSyntax == valid && !strings.Contains(src, `\u`) && utf8.ValidString(src) &&
			!strings.HasPrefix(src, "\ufeff") && !(len(problems) > 0 && !isSyntax) {
			t.Fatalf("%q: valid %v, %v", src, valid, problems)
		}
		if len(problems) > 0 || !json.Valid(tree.AppendJSON(nil, &root)) {
			return
		}
		var got, want any
		if json.Unmarshal([]byte(src), &want) != nil || json.Unmarshal(tree.AppendJSON(nil, &root), &got) != nil {
			return
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %v, want %v", src, got, want)
		}
	})
}

func FuzzParseTOML(f *testing.F) {
	addProblemFiles(f, "*.toml")
	for _, src := range []string{"[a.b]\n[a]\n[a.b.c]\n", "a.b = 1\n[a.c]\nx = 1\n", "[a]\nb.c = 1\n[a.b.d]\n", "[[a]]\n[a.b]\n[[a]]\n[a.b]\n", "a = {b = 1,\n # c\n}\n", "a = [{b.c = 1}, {}]\n"} {
		f.Add(src)
	}
	f.Add("a.b = 1\n[c]\nd = '''x'''\n[[e]]\nf = {g = [1, 2.5, true]}\n[[e]]\n\"h i\" = \"\"\"\\\n j\\u00e9\"\"\"\n")
	f.Fuzz(func(t *testing.T, src string) {
		if text.Detect([]byte(src)) == text.TOML {
			checkDocument(t, src)
		}
		if !utf8.ValidString(src) || strings.Contains(src, "\x00") {
			return
		}
		root, problems := text.Read(text.TOML, []byte(src))
		var decoded map[string]any
		_, err := toml.Decode(strings.TrimPrefix(src, "\ufeff"), &decoded)
		if err == nil && len(problems) > 0 {
			for _, p := range problems {
				if !strings.Contains(p.Message, "date") && !strings.Contains(p.Message, "finite") && !strings.Contains(p.Message, "NUL") && !strings.Contains(p.Message, "has a value already") && !strings.HasPrefix(p.Message, "more than") {
					t.Fatalf("%q is TOML, and refused: %v", src, problems)
				}
			}
			return
		}
		if len(problems) > 0 {
			return
		}
		if err != nil {
			t.Fatalf("%q is no TOML, and accepted: %v", src, err)
		}
		// The library loses elements of lists with tables in them.
		if !strings.Contains(src, "{") && !sameTOML(&root, decoded) {
			t.Fatalf("%q: got %s, want %v", src, tree.AppendJSON(nil, &root), decoded)
		}
	})
}

// sameTOML compares our tree with the library's.
func sameTOML(n *tree.Node, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		if n.Kind != tree.Object || n.Len() != len(want) {
			return false
		}
		for i := range n.Len() {
			value, there := want[n.Key(i)]
			if !there || !sameTOML(&n.Member(i).Value, value) {
				return false
			}
		}
		return true
	case []any:
		if n.Kind != tree.List || n.Len() != len(want) {
			return false
		}
		for i := range want {
			if !sameTOML(&n.Member(i).Value, want[i]) {
				return false
			}
		}
		return true
	case []map[string]any:
		items := make([]any, len(want))
		for i := range want {
			items[i] = want[i]
		}
		return sameTOML(n, items)
	case string:
		return n.Kind == tree.Text && n.Text == want
	case bool:
		return n.Kind == tree.Boolean && (n.Text == "true") == want
	}
	var number any
	return n.IsNumber() && json.Unmarshal([]byte(n.Text), &number) == nil &&
		reflect.ValueOf(want).Convert(reflect.TypeFor[float64]()).Interface() == number
}

// isNumber says that JSON has this spelling of a number.
func isNumber(s string) bool {
	n, problems := text.Read(text.JSON, []byte(s))
	return len(problems) == 0 && n.IsNumber() && n.Text == s
}

// FuzzScalars holds every grammar to what it promises of its values.
func FuzzScalars(f *testing.F) {
	for _, s := range []string{"10M", "1us", "99999999999G", "a.b.", "žluť.cz", "a。b", "xn--a", "-a", "192.0.2.1@ +5_3", "fe80::1%eth0@53", "br-lan", "a//b/./c/", "", "\n",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "١٢M", ". DS 20326 8 2 E06D", "a\\.b", "ß.de", "A..", "。", "4.", "auto"} {
		f.Add(s, uint8(tree.Text))
		f.Add(s, uint8(tree.Integer))
	}
	f.Fuzz(func(t *testing.T, s string, k uint8) {
		n := &tree.Node{Kind: tree.Kind(k % 7), Text: s}
		if n.IsNumber() && !isNumber(s) || strings.ContainsRune(s, 0) {
			return
		}
		for name := range grammars {
			tag := map[string]string{"int": "int>=1|auto", "enum": "enum auto x"}[name]
			if tag == "" {
				tag = name
			}
			g := findGrammar(tag)
			v, wrong := g.read(&testHost, n)
			if wrong != nil {
				continue
			}
			switch v := v.(type) {
			case time.Duration:
				if v < 0 {
					t.Fatalf("%q is negative: %v", s, v)
				}
			case int64:
				if v < 0 {
					t.Fatalf("%q is negative: %v", s, v)
				}
			case Interface:
				if v.Addr.IsValid() == (v.Name != "") {
					t.Fatalf("%q: %+v", s, v)
				}
			case AddrPort:
				if !v.Addr.IsValid() {
					t.Fatalf("%q: %+v", s, v)
				}
			case netip.Addr:
				if !v.IsValid() || v.Zone() != "" && name != "ipv6" {
					t.Fatalf("%q: %v", s, v)
				}
			case string:
				checkString(t, name, s, v)
			}
		}
		checkTrustAnchor(s)
	})
}

func checkString(t *testing.T, name, s, v string) {
	switch name {
	case "rfile", "wfile", "wdir", "socket":
		if !strings.HasPrefix(v, "/") || strings.Contains(v, "//") || strings.Contains(v, "/./") {
			t.Fatalf("%q: the path is %q", s, v)
		}
		if again := cleanPath(v); again != v {
			t.Fatalf("%q: %q cleaned twice is %q", s, v, again)
		}
	case "domain":
		again, message := domainName(v)
		if message != "" || again != v || !isASCII(v) || strings.ToLower(v) != v || len(v) > 253 {
			t.Fatalf("%q: the name is %q, and then %q %s", s, v, again, message)
		}
		if v != "." {
			for label := range strings.SplitSeq(v, ".") {
				if label == "" || len(label) > 63 {
					t.Fatalf("%q: the name is %q", s, v)
				}
			}
		}
	}
}
