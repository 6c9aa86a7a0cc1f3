// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestTheLoaderSaysWhere breaks files of rules. Whoever asks for the change is
// told file and line, and the old rules serve on.
func TestTheLoaderSaysWhere(t *testing.T) {
	sut.Fresh(t, basic)
	for path, text := range map[string]string{
		"/etc/knot-resolver/broken.rpz":   "$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\nwrong.example CNAME\n",
		"/etc/knot-resolver/broken.hosts": "192.0.2.9 good.example\nnonsense bad.example\n",
	} {
		if err := sut.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, yaml string
		words      []string
	}{
		{"a response policy zone", "  rpz: [{file: /etc/knot-resolver/broken.rpz}]\n", []string{"/local-data/rpz/0", "/etc/knot-resolver/broken.rpz", "3"}},
		{"a hosts file", "  addresses-files: [/etc/knot-resolver/broken.hosts]\n", []string{"/local-data/addresses-files/0", "/etc/knot-resolver/broken.hosts:2"}},
		{"records", "  records: \"a.example. A 192.0.2.1\\nb.example. A nonsense\\n\"\n", []string{"/local-data/records", "2"}},
		{"Lua", "lua:\n  policy-script: |\n    local x = 1\n    error('on purpose')\n", []string{"/lua/policy-script:2: on purpose"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			says := func(who, text string) {
				t.Helper()
				for _, w := range c.words {
					if !strings.Contains(text, w) {
						t.Errorf("%s does not say %q:\n%s", who, w, text)
					}
				}
			}
			unharmed(t, func() {
				a := sut.Call(t, "PUT", "/v1/config", basic+c.yaml, "Content-Type", "application/yaml")
				if a.Code != 422 {
					t.Errorf("PUT: %d", a.Code)
				}
				says("the API", a.Body)
				if err := sut.WriteFile("/tmp/broken.yaml", []byte(basic+c.yaml), 0o644); err != nil {
					t.Fatal(err)
				}
				r := sut.Exec(t, "kresctl", "config", "set", "@/tmp/broken.yaml")
				if r.Code != 1 {
					t.Errorf("kresctl: exit %d", r.Code)
				}
				says("kresctl", r.Stderr)
				says("the journal", sut.Journal(t.Context(), "kres-policy-loader.service"))
			})
		})
	}
}

// TestCacheMovesLive gives workers and garbage collector another directory.
func TestCacheMovesLive(t *testing.T) {
	sut.Fresh(t, basic)
	const other = "/var/cache/knot-resolver/other"
	sut.Must(t, "install", "-d", "-o", "knot-resolver", "-g", "knot-resolver", "-m", "0750", other)
	sut.Put(t, "/cache", `{"storage": "`+other+`", "garbage-collector": {"interval": "7s"}}`)
	if got := eval(t, "2", "cache.current_storage"); got != "lmdb://"+other {
		t.Errorf("the cache of worker 2 is %v", got)
	}
	for unit, pid := range sut.PIDs(t) {
		if unit == "kres-gc.service" {
			if args := sut.Must(t, "cat", fmt.Sprintf("/proc/%d/cmdline", pid)); !strings.Contains(args, "\x00-c\x00"+other+"\x00-d\x007000\x00") {
				t.Errorf("the garbage collector runs with %q", args)
			}
		} else if maps := sut.Must(t, "cat", fmt.Sprintf("/proc/%d/maps", pid)); !strings.Contains(maps, other+"/top") {
			t.Errorf("%s has not mapped the cache in %s", unit, other)
		}
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
}

// TestSharedMemoryOfOtherParameters has workers of old and new parameters beside
// one another, which kresd refuses in one file.
func TestSharedMemoryOfOtherParameters(t *testing.T) {
	sut.Fresh(t, basic+"rate-limiting: {enable: true, rate-limit: 1000}\n")
	for _, change := range []struct{ pointer, value string }{
		{"/rate-limiting/capacity", "1000"},
		{"/rate-limiting/slip", "5"},
		{"/rate-limiting/log-period", `"10s"`},
		{"/defer/log-period", `"10s"`},
		{"/workers", "3"},
		{"/cache/size-max", `"50M"`},
		{"/cache/size-max", `"20M"`},
	} {
		sut.Put(t, change.pointer, change.value)
		files := map[string]bool{}
		for unit, pid := range sut.PIDs(t) {
			if unit == "kres-gc.service" {
				continue
			}
			for line := range strings.Lines(sut.Must(t, "cat", fmt.Sprintf("/proc/%d/maps", pid))) {
				if f := strings.Fields(line); len(f) > 5 && (strings.Contains(f[5], "/ratelimiting") || strings.Contains(f[5], "/defer")) {
					files[strings.Join(f[5:], " ")] = true
				}
			}
		}
		if len(files) != 2 {
			t.Errorf("after %s=%s the workers share %v, want one file for each purpose", change.pointer, change.value, files)
		}
		sut.Expect(t, "host.example.", "192.0.2.1")
	}
}
