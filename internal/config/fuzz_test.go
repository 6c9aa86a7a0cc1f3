// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/rogpeppe/go-internal/txtar"
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
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			checkDocument(t, text)
		}
		root, syntax, problems := readJSON(text)
		if valid := json.Valid([]byte(text)); (syntax == nil) != valid && !strings.Contains(text, `\u`) &&
			!strings.HasPrefix(syntax.Message, "more than") {
			t.Fatalf("%q: valid %v, %+v", text, valid, syntax)
		}
		if syntax != nil || len(problems) > 0 || !json.Valid(appendJSON(nil, &root)) {
			return
		}
		var got, want any
		if json.Unmarshal([]byte(text), &want) != nil || json.Unmarshal(appendJSON(nil, &root), &got) != nil {
			return
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %v, want %v", text, got, want)
		}
	})
}

func FuzzParseTOML(f *testing.F) {
	addProblemFiles(f, "*.toml")
	f.Add("a.b = 1\n[c]\nd = '''x'''\n[[e]]\nf = {g = [1, 2.5, true]}\n[[e]]\n\"h i\" = \"\"\"\\\n j\\u00e9\"\"\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		src, problem := checkText([]byte(text))
		if problem != nil {
			return
		}
		if startsLikeTOML(src) && !startsLikeJSON(src) {
			checkDocument(t, text)
		}
		root, problems := readTOML(src)
		var tree map[string]any
		_, err := toml.Decode(src, &tree)
		if err == nil && len(problems) > 0 {
			for _, p := range problems {
				if !strings.Contains(p.Message, "date") && !strings.Contains(p.Message, "finite") && !strings.Contains(p.Message, "NUL") && !strings.Contains(p.Message, "has a value already") && !strings.HasPrefix(p.Message, "more than") {
					t.Fatalf("%q is TOML, and refused: %v", text, problems)
				}
			}
			return
		}
		if len(problems) > 0 {
			return
		}
		if err != nil {
			t.Fatalf("%q is no TOML, and accepted: %v", text, err)
		}
		// The library loses elements of lists with tables in them.
		if !strings.Contains(text, "{") && !sameTOML(&root, tree) {
			t.Fatalf("%q: got %s, want %v", text, appendJSON(nil, &root), tree)
		}
	})
}

// sameTOML compares our tree with the library's.
func sameTOML(n *node, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		if n.kind != object || len(n.members) != len(want) {
			return false
		}
		for i := range n.members {
			value, there := want[n.members[i].key]
			if !there || !sameTOML(&n.members[i].value, value) {
				return false
			}
		}
		return true
	case []any:
		if n.kind != list || len(n.members) != len(want) {
			return false
		}
		for i := range want {
			if !sameTOML(&n.members[i].value, want[i]) {
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
		return n.kind == text && n.text == want
	case bool:
		return n.kind == boolean && (n.text == "true") == want
	}
	var number any
	return n.isNumber() && json.Unmarshal([]byte(n.text), &number) == nil &&
		reflect.ValueOf(want).Convert(reflect.TypeFor[float64]()).Interface() == number
}

// The resolver rules of YAML 1.1 as regular expressions, in the form in which
// Knot Resolver's YAML library has them.
var (
	plainIntRule = regexp.MustCompile(`^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)

	plainFloatRule = regexp.MustCompile(`^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?` +
		`|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)

	plainDateRule = regexp.MustCompile(`^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}` +
		`(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$`)

	plainBoolRule = regexp.MustCompile(`^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$`)
	plainNullRule = regexp.MustCompile(`^(?:~|null|Null|NULL|)$`)
)

func FuzzPlainScalar(f *testing.F) {
	for _, s := range []string{"010", "0x1F", "-1:30", "1:30.5", ".5e-3", "1_0.5e+3", "yes", "~", "2001-01-01", "2001-1-1 1:00:00.5 +1", "-.inf", ".nan", "192.0.2.1", "0b_", "0_", "0x_", "+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := plainText
		switch {
		case strings.Contains(s, "\n"):
			return
		case plainBoolRule.MatchString(s):
			want = plainBool
		case plainFloatRule.MatchString(s):
			want = plainFloat
		case plainIntRule.MatchString(s):
			want = plainInt
		case plainNullRule.MatchString(s):
			want = plainNull
		case plainDateRule.MatchString(s):
			want = plainDate
		case s == "<<":
			want = plainMerge
		case s == "=":
			want = plainEquals
		}
		got := resolvePlain(s)
		if got != want && !(got == plainDate && want == plainText) { // see isYAMLDate
			t.Fatalf("%q: got %d, want %d", s, got, want)
		}
		if n, message, _ := plainScalar(s); message == "" && n.isNumber() && !isJSONNumber(n.text) {
			t.Fatalf("%q: %q is no number of JSON", s, n.text)
		}
	})
}

// FuzzScalars holds every grammar to what it promises of its values.
func FuzzScalars(f *testing.F) {
	for _, s := range []string{"10M", "1us", "99999999999G", "a.b.", "žluť.cz", "a。b", "xn--a", "-a", "192.0.2.1@ +5_3", "fe80::1%eth0@53", "br-lan", "a//b/./c/", "", "\n",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "١٢M", ". DS 20326 8 2 E06D", "a\\.b", "ß.de", "A..", "。", "4.", "auto"} {
		f.Add(s, uint8(text))
		f.Add(s, uint8(integer))
	}
	f.Fuzz(func(t *testing.T, s string, k uint8) {
		n := &node{kind: kind(k % 7), text: s}
		if n.isNumber() && !isJSONNumber(s) || strings.ContainsRune(s, 0) {
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

// FuzzFold holds that folding changes nothing: neither what a text means nor
// the places in it. The text is put around, into and after a run of entries.
func FuzzFold(f *testing.F) {
	run := func(indent, line string) string { return strings.Repeat(indent+line+"\n", foldMin) }
	f.Add("a:\n", "  k%: 192.0.2.1", "  z: 1\n")
	f.Add("a: |\n", "  k%: 192.0.2.1", "\n")
	f.Add("a: {\n", "  k%: 192.0.2.1", "}\n")
	f.Add("- b: c\n", "  \"k%\": [x, \"y\"]", "  more\n")
	f.Add("a: \"\n", "k%: 1", "\"\n")
	f.Add("k1: 1\n", "k%: -1", "k1: 2\n")
	f.Add("? a\n:\n", "   k%: 1:30  ", "# c\n")
	f.Add("a: &x\n", "  k%: yes", "b: *x\n")
	f.Add("[a]\n", "\"k%\" = \"x\"", "[a.k1]\n")
	f.Add("a = '''\n", "k% = \"x\"", "'''\n")
	f.Add("a = {\n", " k% = [\"x\"]", "}\n")
	f.Add("[[a]]\nk1 = 2\n", "\"k%\" = 'x'", "k0 = 1\n[[a]]\n")
	f.Fuzz(func(t *testing.T, before, line, after string) {
		var b strings.Builder
		b.WriteString(before)
		for i := range foldMin + 1 {
			b.WriteString(strings.ReplaceAll(line, "%", string(rune('a'+i%26))+string(rune('a'+i/26))) + "\n")
		}
		b.WriteString(after)
		src, problem := checkText([]byte(b.String() + run("", "#")))
		if problem != nil || strings.Contains(src, "\r") {
			return
		}
		if folded, runs := fold(src, ':'); runs != nil && checkYAMLText(src) == nil {
			if strings.Count(folded, "\n") != strings.Count(src, "\n") {
				t.Fatal("folding changes the number of lines")
			}
			got, gotProblems := readYAML(src)
			want, wantProblems, _ := readYAMLFolded(ignoreYAMLVersion(src), nil)
			sameOutcome(t, src, got, want, gotProblems, wantProblems)
		}
		if _, runs := fold(src, '='); runs != nil {
			got, gotProblems := readTOML(src)
			want, wantProblems, _ := readTOMLFolded(src, nil)
			sameOutcome(t, src, got, want, gotProblems, wantProblems)
		}
	})
}

func sameOutcome(t *testing.T, src string, got, want node, gotProblems, wantProblems Problems) {
	gotProblems.sort()
	wantProblems.sort()
	if len(gotProblems)+len(wantProblems) > 0 {
		if gotProblems.Error() != wantProblems.Error() {
			t.Fatalf("%s\ngot  %v\nwant %v", src, gotProblems, wantProblems)
		}
		return
	}
	if !reflect.DeepEqual(normal(got), normal(want)) {
		t.Fatalf("%s\ngot  %+v\nwant %+v", src, got, want)
	}
}

// normal makes no difference of empty and absent members.
func normal(n node) node {
	if len(n.members) == 0 {
		n.members = nil
		return n
	}
	members := make([]member, len(n.members))
	for i, m := range n.members {
		m.value = normal(m.value)
		members[i] = m
	}
	n.members = members
	return n
}
