// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/internal/render"
)

// The policy-loader's Lua by itself, in a directory of the test.

const copiesDir = "/tmp/copies-test"

// loaderOf writes the policy-loader's Lua for hosts files, with smaller bounds of
// what is kept: bytes of one copy, and of all.
func loaderOf(t *testing.T, one, all int, files ...string) {
	t.Helper()
	var paths []string
	for _, f := range files {
		paths = append(paths, copiesDir+"/"+f)
	}
	doc, err := config.Parse("", fmt.Appendf(nil, `{"local-data": {"addresses-files": ["%s"]}}`, strings.Join(paths, `", "`)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := doc.Config(config.Host{CPUs: 1, Hostname: "host.example", BaseDir: "/"})
	if err != nil {
		t.Fatal(err)
	}
	lua, _ := render.PolicyLoader(c)
	const bounds = "local copy_max, copies_max = 256 * 1024 * 1024, 1024 * 1024 * 1024"
	if !strings.Contains(lua, bounds) {
		t.Fatal("the bounds are written in another way")
	}
	lua = strings.Replace(lua, bounds, fmt.Sprintf("local copy_max, copies_max = %d, %d", one, all), 1)
	sut.Must(t, "mkdir", "-p", copiesDir+"/etc/rules", copiesDir+"/work")
	if err := sut.WriteFile(copiesDir+"/etc/rules/policy-loader.lua", []byte(lua), 0o644); err != nil {
		t.Fatal(err)
	}
}

// loads runs it, and returns its report and what it says.
func loads(t *testing.T) (report, said string) {
	t.Helper()
	r := sut.Sh(t.Context(), "cd "+copiesDir+"/work && kresd -c "+copiesDir+"/etc/rules/policy-loader.lua -c - -n")
	if r.Code != 0 {
		t.Fatalf("exit %d: %s", r.Code, r.Stderr)
	}
	return sut.Must(t, "cat", copiesDir+"/work/sources"), r.Stderr
}

// put writes a list with one address, and a comment of some bytes.
func putList(t *testing.T, name string, comment int) {
	t.Helper()
	writeFile(t, copiesDir+"/"+name, "192.0.2.1 "+name+".example\n#"+strings.Repeat("x", comment)+"\n")
}

func kept(t *testing.T) int {
	t.Helper()
	var n int
	_, err := fmt.Sscan(sut.Must(t, "sh", "-c", "ls "+copiesDir+"/work/copies | grep -v index | wc -l"), &n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCopiesOfListsAreBounded(t *testing.T) {
	sut.Must(t, "rm", "-rf", copiesDir)
	loaderOf(t, 1000, 2000, "a", "b", "c", "large")
	for _, name := range []string{"a", "b", "c"} {
		putList(t, name, 600)
	}
	putList(t, "large", 1500)
	_, said := loads(t)
	if n := kept(t); n != 3 || !strings.Contains(said, "no copy of "+copiesDir+"/large is kept for when it fails: it is larger than what is kept") {
		t.Errorf("%d copies are kept: %s", n, said)
	}
	// What no one names makes room for what someone does.
	loaderOf(t, 1000, 2000, "d", "e")
	putList(t, "d", 600)
	putList(t, "e", 600)
	if _, said := loads(t); strings.Contains(said, "no copy of") {
		t.Error(said)
	}
	if size := strings.TrimSpace(sut.Must(t, "sh", "-c", "cat "+copiesDir+"/work/copies/[0-9a-f]* | wc -c")); len(size) > 4 || size > "2000" {
		t.Errorf("%s bytes are kept", size)
	}
	// What has not been named for long goes.
	sut.Must(t, "sh", "-c", "cd "+copiesDir+`/work/copies && sed -i 's/^\([0-9a-f]* [0-9]*\) [0-9]* /\1 1 /' index`)
	loaderOf(t, 1000, 2000, "d")
	loads(t)
	if n := kept(t); n != 1 {
		t.Errorf("%d copies are kept after a long time", n)
	}
	// A copy that is not whole is none.
	sut.Must(t, "sh", "-c", "cd "+copiesDir+"/work/copies && for f in [0-9a-f]*; do : >$f; done; rm -rf ../ruledb; rm "+copiesDir+"/d")
	if report, _ := loads(t); !strings.Contains(report, "/local-data/addresses-files/0 0 "+copiesDir+"/d: No such file or directory") {
		t.Errorf("with a copy that is not whole: %s", report)
	}
}

func TestAListInWhichTheLoaderEndsTwiceIsLeftOut(t *testing.T) {
	sut.Must(t, "rm", "-rf", copiesDir)
	loaderOf(t, 1000, 2000, "a")
	putList(t, "a", 0)
	loads(t)
	ended := func(times int) {
		t.Helper()
		// As a kresd leaves it that is killed in the middle of the file.
		sut.Must(t, "sh", "-c", fmt.Sprintf(`cd %s/work && awk '{print $1, $4, %d}' copies/index >loading`, copiesDir, times))
	}
	ended(1)
	if report, _ := loads(t); strings.Contains(report, "ended") {
		t.Errorf("after once: %s", report)
	}
	ended(2)
	if report, _ := loads(t); !strings.Contains(report, "the policy-loader has ended in the middle of it, twice") {
		t.Errorf("after twice: %s", report)
	}
	if report, _ := loads(t); !strings.Contains(report, "ended") {
		t.Errorf("after a load without it: %s", report)
	}
	putList(t, "a", 1)
	if report, _ := loads(t); strings.Contains(report, "ended") {
		t.Errorf("another file: %s", report)
	}
}

// Rules that are in force are not given up because there is no copy.
func TestRulesInForceAreNotGivenUpForWantOfACopy(t *testing.T) {
	sut.Must(t, "rm", "-rf", copiesDir)
	loaderOf(t, 10, 10, "a")
	putList(t, "a", 100)
	loads(t)
	sut.Must(t, "rm", copiesDir+"/a")
	r := sut.Sh(t.Context(), "cd "+copiesDir+"/work && kresd -c "+copiesDir+"/etc/rules/policy-loader.lua -c - -n")
	if r.Code != 1 || !strings.Contains(r.Stderr, "there is no copy of it, so the rules that were loaded before stay in force") {
		t.Errorf("exit %d: %s", r.Code, r.Stderr)
	}
	// After a boot there is nothing to give up.
	sut.Must(t, "rm", "-rf", copiesDir+"/work/ruledb")
	if report, _ := loads(t); !strings.Contains(report, " 0 "+copiesDir+"/a: No such file") {
		t.Errorf("after a boot: %s", report)
	}
}
