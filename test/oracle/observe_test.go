// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"context"
	_ "embed"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"kresd-manager/internal/kresd"
)

//go:embed observe.lua
var observeLua string

// look observes a worker that serves: what it has before the queries, the
// answers, what the servers behind it were asked, and the shared files.
func (s *side) look(ctx context.Context, c *testCase, up *upstream) (map[string]string, error) {
	seen, err := s.lua(ctx)
	if err != nil {
		return nil, err
	}
	for _, text := range c.queries {
		q, err := parseQuery(text)
		if err != nil {
			return nil, err
		}
		seen[text] = s.ask(ctx, q, c.sessions)
	}
	seen["upstream"] = up.questions()
	if err := s.rules(seen); err != nil {
		return nil, err
	}
	s.shared(seen)
	for key, text := range seen {
		seen[key] = strings.ReplaceAll(text, s.rundir, "RUNDIR")
	}
	return seen, nil
}

func (s *side) lua(ctx context.Context) (map[string]string, error) {
	path := s.rundir + "/observe.lua"
	if err := sut.WriteFile(path, []byte(observeLua), 0o644); err != nil {
		return nil, err
	}
	conn, err := kresd.Dial(ctx, fmt.Sprintf("/proc/%d/root%s", sut.PID(), kresd.Socket(s.rundir, "1")))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	seen := map[string]string{}
	if err := conn.Eval("dofile('"+path+"')", &seen); err != nil {
		return nil, err
	}
	if len(seen) < 50 {
		return nil, fmt.Errorf("only %d observations", len(seen))
	}
	return seen, nil
}

// rules adds what the rule database holds. That is all that the policy-loader
// does, so nothing of it escapes.
func (s *side) rules(seen map[string]string) error {
	file, err := sut.ReadFile(s.rundir + "/ruledb/data.mdb")
	if err != nil {
		return err
	}
	entries, err := lmdbEntries(file)
	if err != nil {
		return err
	}
	if len(entries) < 20 { // the built-in rules alone are more
		return fmt.Errorf("only %d rules", len(entries))
	}
	for key, value := range entries {
		if strings.Contains(value, "-- rules ") {
			continue // our mark that a load has succeeded, for which no client asks
		}
		// The action of a view is Lua; a last comma in a list of it means nothing.
		seen[fmt.Sprintf("rule %q", key)] = strings.ReplaceAll(fmt.Sprintf("%q", value), ",})", "})")
	}
	return nil
}

// shared adds the parameters at the start of the files that workers share.
// Ours have the parameters in their names too.
func (s *side) shared(seen map[string]string) {
	for name, length := range map[string]int{"ratelimiting": 24, "defer": 20} {
		seen["file "+name] = "none"
		found, _ := filepath.Glob(fmt.Sprintf("/proc/%d/root%s/%s*", sut.PID(), s.rundir, name))
		for _, path := range found {
			if file, err := sut.ReadFile(s.rundir + "/" + filepath.Base(path)); err == nil && len(file) > length {
				seen["file "+name] = hex.EncodeToString(file[:length])
			}
		}
	}
}
