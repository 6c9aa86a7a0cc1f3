// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/input"
	"kresd-manager/internal/judge"
	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// Beside the transition: what is wrong now with the files that are named.

// A file that cannot be read may be on a file system that does not answer. No one
// who asks for the status waits longer for it, and only so many wait at all.
const (
	lookTime = 2 * time.Second
	maxLooks = 4
)

// selfForAll is for a user's own manager, whose units run as that user.
func selfForAll() (judge.Readers, error) {
	who, err := access.Self()
	r := judge.Everyone(who, "")
	r.Self = true
	return r, err
}

// namedBy returns the files that a document names to be read, found on first use.
// What the manager's own sandbox hides is left out: workers may see it, and the
// manager can say nothing of it.
func (m *Manager) namedBy(doc *config.Document) func() []access.Path {
	return sync.OnceValue(func() []access.Path {
		all := access.Paths(doc, m.o.Host.BaseDir)
		hidden := m.o.Sandbox.Hides(units.Manager)
		return slices.DeleteFunc(all, func(p access.Path) bool {
			return p.Need != access.ReadFile || hidden(p.Path) && !strings.HasPrefix(p.Pointer, "/management/")
		})
	})
}

// watched are the paths of the files to watch.
func (s *snapshot) watched() []string { return input.Watched(s.desired.Inputs) }

// problems says what is wrong now with what the running configuration names: what
// units cannot see, and what cannot be read.
func (m *Manager) problems(ctx context.Context, s *snapshot) config.Problems {
	return append(append(slices.Clone(s.hidden), m.o.Unserved()...), slices.DeleteFunc(m.unreadable(ctx, s), func(p config.Problem) bool {
		return slices.ContainsFunc(s.hidden, func(h config.Problem) bool { return h.Pointer == p.Pointer })
	})...)
}

// unreadable waits for file systems, but not long.
func (m *Manager) unreadable(ctx context.Context, s *snapshot) config.Problems {
	if s.files == nil || len(s.running.Management.Roles) == 0 && len(s.files()) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	found := make(chan config.Problems, 1)
	select {
	case m.looks <- struct{}{}:
		go func() {
			defer func() { <-m.looks }()
			found <- m.lookAt(s)
		}()
	case <-ctx.Done():
	}
	select {
	case p := <-found:
		return p
	case <-ctx.Done():
		return config.Problems{{
			Severity: config.SeverityWarning,
			Message:  fmt.Sprintf("it is not known whether the files that the configuration names can be read: a file system did not answer within %s", lookTime),
			Hint:     "findmnt; kresctl validate --strict",
		}}
	}
}

// lookAt looks at all files, and at the users and groups of roles. That those are
// not there is no fault of the configuration: they may be made later.
func (m *Manager) lookAt(s *snapshot) config.Problems {
	readers, err := m.o.Readers()
	if err != nil {
		return config.Problems{{Severity: config.SeverityWarning, Message: err.Error(), Hint: "kresctl doctor"}}
	}
	var problems config.Problems
	add := func(findings []judge.Finding, atMost string) {
		for _, f := range findings {
			if f.Unsure {
				continue // this process may not be allowed to look, and others to read
			}
			if atMost != "" {
				f.Severity = atMost
			}
			problems = append(problems, f.Problem)
		}
	}
	add(readers.Files(s.files()), "")
	add(readers.Roles(s.running.Document, s.running.Management.Roles), config.SeverityWarning)
	return problems
}

// tellProblems logs problems, those that are new since the last time. It runs
// when no one waits.
func (m *Manager) tellProblems() {
	var told []string
	for _, p := range m.problems(context.Background(), m.current.Load()) {
		text := p.String()
		told = append(told, text)
		switch {
		case slices.Contains(m.told, text):
		case p.Severity == config.SeverityError:
			m.o.Log.Error(text, message.About{Kind: message.FileUnusable}.Attr())
		default:
			m.o.Log.Warn(text, message.About{Kind: message.FileUnusable}.Attr())
		}
	}
	m.told = told
}
