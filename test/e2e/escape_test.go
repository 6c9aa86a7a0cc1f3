// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/internal/render"
)

// nasty are pieces of text that have ended a string or started something in
// one language or another.
var nasty = []string{"'", `"`, `\`, "]]", "]=]", "[[", "]", "--", "\n", "\r", "\r\n", "\t", "%s", "${x}", "$(id)", "`", ")", "end", "\\'", "\\065",
	"0", "9", "é", "☃", "\u2028", "\x01", "\x7f", "nil", "os.exit(3)", "' .. os.exit(3) .. '", "]] os.exit(3) --[[", "a", " "}

// lineEnds is what becomes of those of other systems in zone text.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\n\r", "\n", "\r", "\n")

// TestNoTextLeavesItsQuotes has a real kresd read texts back that went through
// every way in which a text of the configuration gets into Lua.
func TestNoTextLeavesItsQuotes(t *testing.T) {
	host := config.Host{CPUs: 2, Hostname: "h", BaseDir: "/"}
	word := regexp.MustCompile(`(?m)^hostname\((.*)\)$`)
	var lua strings.Builder
	lua.WriteString(`local function check(got, hex)
	local want = hex:gsub('..', function (h) return string.char(tonumber(h, 16)) end)
	if got ~= want then error(string.format('%q is not %q', got, want), 0) end
	checked = (checked or 0) + 1
end
`)
	random := rand.New(rand.NewPCG(1, 2))
	const rounds = 2000
	for range rounds {
		var text string
		for range 1 + random.IntN(8) {
			text += nasty[random.IntN(len(nasty))]
		}
		body, err := json.Marshal(map[string]any{
			"hostname":   text,
			"local-data": map[string]any{"records": text},
		})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := config.Parse("", body)
		if err != nil {
			t.Fatal(err)
		}
		c, err := doc.Config(host)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		worker, _ := render.Worker(c, render.Host{CPUs: 2})
		m := word.FindStringSubmatch(worker)
		if m == nil {
			t.Fatalf("%q is not in the worker's Lua", text)
		}
		fmt.Fprintf(&lua, "check(%s, '%s')\n", m[1], hex.EncodeToString([]byte(text)))
		// The long string: everything between the assignment and the next statement.
		rules, _ := render.PolicyLoader(c)
		_, after, found := strings.Cut(rules, "\tlocal records = ")
		literal, _, found2 := strings.Cut(after, "\n\tlocal ok = zone(")
		if !found || !found2 {
			t.Fatalf("%q is not in the policy-loader's Lua", text)
		}
		fmt.Fprintf(&lua, "do local records = %s\ncheck(records, '%s') end\n", literal, hex.EncodeToString([]byte(lineEnds.Replace(text))))
	}
	fmt.Fprintf(&lua, "assert(checked == %d)\nos.exit(0)\n", 2*rounds)
	if err := sut.WriteFile("/tmp/escape/check.lua", []byte(lua.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	r := sut.Sh(t.Context(), "cd /tmp/escape && kresd -c check.lua -c - -n")
	if r.Code != 0 {
		t.Errorf("exit %d: %.2000s%.2000s", r.Code, r.Stdout, r.Stderr)
	}
}
