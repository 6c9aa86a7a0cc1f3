// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// environment reads an EnvironmentFile= as systemd does (systemd.exec(5) and
// parse_env_file_internal in src/basic/env-file.c).
func environment(src string) (map[string]string, error) {
	vars := map[string]string{}
	for src != "" {
		src = strings.TrimLeft(src, " \t\n\r")
		if src == "" {
			break
		}
		if src[0] == '#' || src[0] == ';' {
			_, src, _ = strings.Cut(src, "\n")
			continue
		}
		name, rest, ok := strings.Cut(src, "=")
		if !ok || strings.ContainsAny(name, "\n ") {
			return vars, fmt.Errorf("no assignment in %.40q", src)
		}
		var value strings.Builder
		quote, i := byte(0), 0
	value:
		for ; i < len(rest); i++ {
			switch c := rest[i]; {
			case quote == 0 && (c == '\n' || c == '\r'):
				break value
			case quote == 0 && (c == '"' || c == '\''), quote != 0 && c == quote:
				quote ^= c
			case c == '\\' && quote == '"':
				i++
				if i < len(rest) && !strings.ContainsRune("\"\\`$", rune(rest[i])) {
					if rest[i] == '\n' {
						continue // a continued line
					}
					value.WriteByte('\\')
				}
				if i < len(rest) {
					value.WriteByte(rest[i])
				}
			case c == '\\' && quote == 0:
				i++
				if i < len(rest) && rest[i] != '\n' {
					value.WriteByte(rest[i])
				}
			default:
				value.WriteByte(c)
			}
		}
		if quote != 0 {
			return vars, fmt.Errorf("a quote does not end")
		}
		vars[name] = value.String()
		src = rest[i:]
	}
	return vars, nil
}

func TestGarbageCollectorGetsItsArgumentsThroughTheEnvironment(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, storage string) {
		args := []string{"-c", storage, "-d", "1000", "-n"}
		vars, err := environment(CacheGCEnvironment(args))
		if err != nil {
			t.Fatalf("%q: %v", storage, err)
		}
		want := map[string]string{"KRES_GC_STORAGE": storage, "KRES_GC_ARGS": "-d 1000 -n"}
		if diff := cmp.Diff(want, vars); diff != "" {
			t.Fatalf("%q:\n%s", storage, diff)
		}
	}
	for _, s := range []string{"/var/cache/knot-resolver", "/with blanks/ in it ", `/back\slash`, `/"quoted"`, "/it's", "/$HOME", "/${HOME}",
		"/`id`", "/#hash", "/;semicolon", `/ends in \`, "/é", "/a=b", "/%n"} {
		check(t, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Filter(func(s string) bool { return utf8.ValidString(s) && !strings.ContainsAny(s, "\x00\r\n") }).Draw(t, "storage")
		check(t, "/"+s)
	})
}

func TestNoGarbageCollectorSetsNoVariable(t *testing.T) {
	vars, err := environment(CacheGCEnvironment(nil))
	if err != nil || len(vars) > 0 {
		t.Errorf("%v %v", vars, err)
	}
}
