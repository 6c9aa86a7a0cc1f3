// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"kresd-manager/units"
)

// effectFiles makes what the configurations of the records name. The second
// certificate is of the same key, so that each file can change alone.
const effectFiles = `set -e
mkdir -p /etc/knot-resolver/effects
cd /etc/knot-resolver/effects
openssl ecparam -name prime256v1 -genkey -noout -out key.pem
openssl req -x509 -new -key key.pem -days 9 -subj /CN=one -out cert.pem
openssl req -x509 -new -key key.pem -days 9 -subj /CN=two -out other-cert.pem
cp key.pem other-key.pem
echo 'a secret of more than thirty-two bytes' > secret
echo 0123456789abcdef0123456789abcdef > token
chmod 0640 *key.pem secret token
chgrp knot-resolver *key.pem secret token
echo '192.0.2.20 hosts.example' > hosts
echo 'x = 1' > script.lua
printf '$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\none.blocked CNAME .\n' > block.rpz
printf '$ORIGIN rpz.\n@ 3600 SOA . . 1 1 1 1 1\ntwo.blocked CNAME .\n' > other.rpz
install -d -o knot-resolver -g knot-resolver /var/lib/knot-resolver
install -d -o knot-resolver -g knot-resolver -m 0750 /var/cache/knot-resolver/other
cd /var/lib/knot-resolver
echo 'a.example. DS 370 13 2 BE74359954660069D5C63D200C39F5603827D7DD02B56F120EE9F3A86764247C' > one.ta
cp one.ta two.ta
chown knot-resolver:knot-resolver *.ta
`

// effects is what the tests of rendering read, too; the file says what it means.
type effects struct {
	Common map[string]any
	Groups []struct {
		Base    map[string]any
		Changes []struct {
			Key, Acts, When, Live string
			Change                map[string]any
		}
	}
}

// TestEffects makes every change of the file and looks who acts.
func TestEffects(t *testing.T) {
	text, err := os.ReadFile("../../internal/render/testdata/effects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file effects
	if err := yaml.Load(text, &file, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	common := merged(t, "{}", file.Common)
	allowLimits(t)
	sut.Fresh(t, common)
	sut.Must(t, "sh", "-c", effectFiles)
	tidy(t, "rm -rf /etc/systemd/system/kresd@.service.d && systemctl daemon-reload")
	shipped(t)
	made, left := 0, 0
	for _, g := range file.Groups {
		doc := merged(t, common, g.Base)
		sut.Put(t, "", doc)
		before := sut.PIDs(t)
		for _, c := range g.Changes {
			if c.Live != "" {
				left++
				continue
			}
			if made++; c.Key == "/systemd/cpu-affinity" { // what its documentation asks for
				shipped(t)
				sut.Must(t, "sh", "-ec", "install -D -m 644 /usr/local/share/kresd-manager/10-cpus.conf -t /etc/systemd/system/kresd@.service.d/; systemctl daemon-reload")
			}
			doc = merged(t, doc, c.Change)
			a := sut.Call(t, "PUT", "/v1/config", doc, "Accept", "application/json")
			var r units.Report
			if err := json.Unmarshal([]byte(a.Body), &r); err != nil || a.Code != 200 {
				t.Errorf("%s: %d %s\n%s", c.Key, a.Code, a.Body, doc)
			}
			after := sut.PIDs(t)
			if diff := cmp.Diff(stepsOf(c.Acts, before, after), slices.Sorted(slices.Values(steps(r.Plan)))); diff != "" {
				t.Errorf("%s: %s expected (-):\n%s%s", c.Key, c.Acts, diff, doc)
			}
			if diff := cmp.Diff(replaced(r.Plan), changed(before, after)); diff != "" {
				t.Errorf("%s: processes that the plan names (-), and that are others (+):\n%s%s", c.Key, diff, r.Plan)
			}
			if none := len(r.Plan.Steps) == 0; none != (c.Acts == "no one") {
				t.Errorf("%s: %s\n%s", c.Key, c.Acts, r.Plan)
			}
			before = after
		}
	}
	if s := sut.Status(t); s.State != "running" {
		t.Errorf("state %s: %+v", s.State, s)
	}
	t.Logf("%d changes made, %d only rendered", made, left)
}

// shipped fails the test unless the units run as they are installed: as their user
// and group, and with no drop-in but what the package and its generator bring.
func shipped(t *testing.T) {
	t.Helper()
	for unit, user := range map[string]string{
		"kresd@1.service": "knot-resolver", units.Canary: "knot-resolver", units.PolicyLoader: "knot-resolver",
		units.CacheGC: "knot-resolver", "kres-component@x.service": "knot-resolver", units.Manager: "kresd-manager",
	} {
		if got := sut.Show(t, unit, "User") + ":" + sut.Show(t, unit, "Group"); got != user+":knot-resolver" {
			t.Errorf("%s runs as %s", unit, got)
		}
		for _, file := range strings.Fields(sut.Show(t, unit, "FragmentPath") + " " + sut.Show(t, unit, "DropInPaths")) {
			// Limits that the manager has set are a drop-in of systemd's own.
			dir := strings.Join(strings.Split(file, "/")[:4], "/") + "/"
			if !slices.Contains([]string{"/usr/local/lib/", "/run/systemd/generator/", "/run/systemd/system.control/"}, dir) {
				t.Errorf("%s is not as it is shipped: %s", unit, file)
			}
		}
		if got := sut.Show(t, unit, "ProtectSystem") + " " + sut.Show(t, unit, "ProtectHome") + " " + sut.Show(t, unit, "PrivateTmp"); got != "strict yes yes" {
			t.Errorf("the sandbox of %s is %s", unit, got)
		}
	}
}

// merged changes a document as in RFC 7396.
func merged(t *testing.T, doc string, change map[string]any) string {
	t.Helper()
	patch, err := json.Marshal(change)
	if err != nil {
		t.Fatal(err)
	}
	b, err := jsonpatch.MergePatch([]byte(doc), patch)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// stepsOf gives the steps of an effect, sorted, by the processes that there were
// and that there are.
func stepsOf(acts string, before, after map[string]int) []string {
	var all []string
	words := strings.Fields(acts)
	workers := slices.DeleteFunc(slices.Collect(maps.Keys(before)), func(unit string) bool { return units.Instance(unit) == "" })
	each := func(kind units.Kind, names []string) {
		for _, unit := range names {
			all = append(all, string(kind)+" "+unit)
		}
	}
	for _, word := range words {
		switch word {
		case "workers":
			each(units.Try, []string{units.Canary})
			each(units.Restart, workers)
			if len(workers) == 1 {
				spare := []string{units.Worker(2)}
				each(units.Start, spare)
				each(units.Stop, spare)
			}
		case "rules":
			each(units.Load, []string{units.PolicyLoader})
			if !slices.Contains(words, "workers") {
				each(units.Reset, workers)
			}
		case "gc":
			kind := units.Restart
			if before[units.CacheGC] == 0 {
				kind = units.Start
			} else if after[units.CacheGC] == 0 {
				kind = units.Stop
			}
			each(kind, []string{units.CacheGC})
		case "components":
			for unit := range before {
				if _, ok := units.ComponentName(unit); ok && before[unit] != after[unit] && after[unit] != 0 {
					each(units.Restart, []string{unit})
				}
			}
			each(units.Start, appeared(before, after))
			each(units.Stop, appeared(after, before))
		case "limits":
			each(units.Set, workers)
		case "count":
			each(units.Start, appeared(before, after))
			each(units.Stop, appeared(after, before))
		}
	}
	slices.Sort(all)
	return all
}

// appeared gives the units that run only after a change.
func appeared(before, after map[string]int) []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(after)), func(unit string) bool { return before[unit] != 0 })
}

// replaced gives the units that have another process after a plan, or none: not
// one that only helps out meanwhile.
func replaced(p units.Plan) map[string]bool {
	found := map[string]bool{}
	for _, k := range []units.Kind{units.Start, units.Restart, units.Stop} {
		for _, s := range p.Touches(k) {
			found[s.Unit] = !found[s.Unit]
		}
	}
	maps.DeleteFunc(found, func(_ string, another bool) bool { return !another })
	return found
}

// changed gives the units whose processes differ.
func changed(before, after map[string]int) map[string]bool {
	found := map[string]bool{}
	for _, running := range []map[string]int{before, after} {
		for unit := range running {
			if before[unit] != after[unit] {
				found[unit] = true
			}
		}
	}
	return found
}
