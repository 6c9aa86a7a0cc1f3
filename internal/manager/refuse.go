// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// What the gate refuses although it is a valid configuration: what the installed
// units cannot do, and files that are not there for who reads them.

// installed refuses what the installed units cannot do.
func (m *Manager) installed(c *config.Config) error {
	if c.Rundir != m.o.Rundir {
		p := config.Problem{
			Pointer:  "/rundir",
			Severity: config.SeverityError,
			Message:  fmt.Sprintf("the installed units use %s and cannot use %s", m.o.Rundir, c.Rundir),
			Hint:     "leave rundir out, or install with make install RUNDIR=" + c.Rundir,
		}
		if m.o.Transient {
			p.Message = fmt.Sprintf("the units use %s and cannot use %s", m.o.Rundir, c.Rundir)
			p.Hint = "leave rundir out, or start kresd-manager with --rundir " + c.Rundir
		}
		return config.Problems{p}
	}
	if err := m.o.Served(c.Management); err != nil {
		return err
	}
	if c.Workers > units.MaxWorkers {
		return config.Problems{{
			Pointer:  "/workers",
			Severity: config.SeverityError,
			Message:  fmt.Sprintf("there can be at most %d workers", units.MaxWorkers),
		}}
	}
	return nil
}

// saysTheUnit refuses what only the unit files can say and never will.
func (m *Manager) saysTheUnit(ctx context.Context, c config.Systemd) error {
	if m.o.Generator {
		return nil // warnings tells until they do
	}
	all, err := m.unsaid(ctx, c.Restart, c.Slice)
	var found config.Problems
	for _, u := range all {
		p := config.Problem{Pointer: "/systemd/" + u.key, Severity: config.SeverityError}
		if m.o.Transient {
			p.Message, p.Hint = "it takes unit files that are installed, and there are none", "leave it out"
		} else {
			p.Message = fmt.Sprintf("the unit kresd@.service has %s=%s, and only its files can say otherwise", u.property, u.is)
			// The name sorts before that of the canary's own drop-in, which must win.
			p.Hint = fmt.Sprintf(`as root: printf '[Service]\n%s=%s\n' | install -D -m 644 /dev/stdin /etc/systemd/system/kresd@.service.d/05-%s.conf; systemctl daemon-reload`,
				u.property, u.want, u.key)
		}
		found = append(found, p)
	}
	if err != nil {
		return err
	}
	return found.Errors()
}

// hiddenFrom returns what units cannot see of what a configuration names, and refuses a
// change to it: they would only say that it is not there, or nothing. What was so
// before keeps no other change from being made. A start, and a way back, go on, and
// it is among the problems of the status.
func (m *Manager) hiddenFrom(s *step, doc *config.Document) (config.Problems, error) {
	hidden := m.o.Sandbox.Check(doc)
	anew := slices.DeleteFunc(slices.Clone(hidden), func(p config.Problem) bool {
		return !s.file && slices.ContainsFunc(s.cur.hidden, func(q config.Problem) bool { return p.Pointer == q.Pointer && p.Message == q.Message })
	})
	if !s.tolerant && !s.back {
		if err := anew.Errors(); err != nil {
			return nil, err
		}
	}
	return hidden, nil
}

// tokens refuses a token that cannot be read: no one would have the role. At a
// start that is no reason to serve no one at all, and what was in force before
// must not keep a certificate from being renewed or a change from being undone.
func (m *Manager) tokens(s *step, doc *config.Document, cfg *config.Config) error {
	if !m.started || s.back {
		return nil
	}
	known := func(file string) bool {
		return slices.ContainsFunc(s.cur.running.Management.Roles, func(r config.Role) bool { return r.TokenFile == file })
	}
	var paths []access.Path
	for i, r := range cfg.Management.Roles {
		if r.TokenFile != "" && (s.file || !known(r.TokenFile)) {
			paths = append(paths, access.Path{Pointer: fmt.Sprintf("/management/roles/%d/token-file", i), Need: access.ReadFile, Path: r.TokenFile})
		}
	}
	if len(paths) == 0 {
		return nil
	}
	readers, err := selfForAll() // whom else it may concern is no reason to refuse
	if err != nil {
		return err
	}
	var found config.Problems
	for _, f := range readers.Files(paths) {
		p := f.Problem
		p.File, p.Line, p.Column, _ = doc.Position(p.Pointer)
		found = append(found, p)
	}
	return found.Errors()
}

// named refuses a change that someone asks for if a file that it names cannot
// be read by who needs it. What was named before must not keep a change of
// something else from being made; a reload is about all but those that are known to be
// degraded. Tokens have rules of
// their own.
func (m *Manager) named(ctx context.Context, s *step, doc *config.Document, files func() []access.Path) error {
	if !m.started || !s.asked || s.renew {
		return nil
	}
	paths := slices.DeleteFunc(slices.Clone(files()), func(p access.Path) bool {
		known := !s.file && s.cur.files != nil && slices.ContainsFunc(s.cur.files(), func(old access.Path) bool { return old.Path == p.Path })
		return known || strings.HasPrefix(p.Pointer, "/management/")
	})
	if s.file {
		told := m.toldDegraded(ctx, s.cur)
		paths = slices.DeleteFunc(paths, func(p access.Path) bool { return told(p.Path) })
	}
	if len(paths) == 0 {
		return nil
	}
	readers, err := m.o.Readers()
	if err != nil {
		return err
	}
	var found config.Problems
	for _, f := range readers.Files(paths) {
		if f.Unsure || f.Severity != config.SeverityError {
			continue
		}
		p := f.Problem
		p.File, p.Line, p.Column, _ = doc.Position(p.Pointer)
		found = append(found, p)
	}
	return found.Errors()
}
