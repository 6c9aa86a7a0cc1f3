// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"

	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/input"
	"kresd-manager/units"
)

// The gate, the first part of a transition: where it goes, and whether it may. It
// touches nothing.

// gate finds out where a transition goes, or refuses it.
func (m *Manager) gate(ctx context.Context, s *step) (err error) {
	if s.to != nil {
		s.next = s.to
		return m.there(s)
	}
	// A request that is wrong by itself is its sender's affair; a file that is
	// wrong is everyone's.
	defer func() {
		var waiting *units.WaitingError
		s.concerns = err == nil || s.file && !errors.As(err, &waiting)
	}()
	if s.Match != nil {
		if err := s.Match(s.cur.running.ETag()); err != nil {
			return err
		}
	}
	doc, err := s.Edit(s.cur.running.Document)
	if err != nil {
		return err
	}
	s.report.Cause = s.Cause // it may be known better by now
	// What is large takes a while to name, to compare and to render, and none of that needs the
	// others: it goes on beside them.
	var diff config.Diff
	hashed := beside(func() { doc.ETag() })
	defer hashed()
	compared := beside(func() { diff = config.Difference(m.ranBefore(s.cur), doc, 0) })
	defer compared()
	cfg, warnings, err := m.check(doc)
	if err != nil {
		return err
	}
	if !s.DryRun { // who only asks does not fill the log
		for _, p := range warnings {
			m.o.Log.Warn(p.String())
		}
	}
	reasons := []func() error{
		func() error { return m.installed(cfg) },
		func() error { return m.saysTheUnit(ctx, cfg.Systemd) },
		func() error { return m.tokens(s, doc, cfg) },
	}
	rendered := beside(func() { s.gen = m.make(cfg) })
	defer rendered()
	hidden, files := s.cur.hidden, s.cur.files
	if !s.repeats(doc) {
		// What cannot be seen cannot be read either, which others would say of it.
		if hidden, err = m.hiddenFrom(s, doc); err != nil {
			return err
		}
		files = m.namedBy(doc)
		reasons = append(reasons, func() error { return m.named(ctx, s, doc, files) })
	}
	for _, refuse := range reasons {
		if err := refuse(); err != nil {
			return err
		}
	}
	rendered()
	if err := protectCore(s.cur.desired, s.gen.Desired); err != nil && !s.file && !s.back {
		return err
	}
	s.next = &snapshot{
		running: doc.Running(cfg), desired: s.gen.Desired, files: files, hidden: hidden,
		fileETag: s.cur.fileETag, refused: s.cur.refused,
	}
	if s.file {
		s.next.fileETag, s.next.refused = doc.ETag(), false
	}
	if s.fileETag != "" {
		s.next.fileETag = s.fileETag
	}
	hashed()
	compared()
	s.report.Diff = diff
	if s.file {
		s.report.Drops = m.drops(s.cur, s.next)
	}
	if w := m.promise.Waiting(); w != nil && s.ConfirmWithin > 0 {
		return &units.WaitingError{Waiting: *w}
	}
	return nil
}

// repeats means that the document is the one in force, over the API: what units cannot see
// of it is known, and it names nothing that it has not named before. To find that out
// anew, from all unit files, would be a fifth of the request. A reload does.
func (s *step) repeats(doc *config.Document) bool {
	return !s.file && s.cur.files != nil && doc.ETag() == s.cur.running.ETag()
}

// there makes what ran before anew if it is not on disk any more: many refused changes
// may have pushed it out.
func (m *Manager) there(s *step) error {
	if s.next == s.cur {
		return nil
	}
	_, err := m.o.Store.Load(s.next.desired.Generation)
	if err == nil {
		return nil
	}
	c, err := s.next.running.Config(m.o.Host)
	if err != nil {
		return err
	}
	s.gen = m.make(c)
	s.next.desired = s.gen.Desired
	return nil
}

// check validates and returns what is worth a warning.
func (m *Manager) check(doc *config.Document) (*config.Config, config.Problems, error) {
	cfg, found := doc.Check(m.o.Host)
	if err := found.Errors(); err != nil {
		return nil, nil, err
	}
	return cfg, found, nil
}

// make renders a configuration and lists the files that it names.
func (m *Manager) make(c *config.Config) generation.Generation {
	gen := generation.Make(c, m.o.Render)
	gen.Desired.Inputs = input.Named(c)
	return gen
}

// protectCore refuses to remove a core component, which is hardly ever meant by
// a change of something above it.
func protectCore(cur, next units.Desired) error {
	var found config.Problems
	for _, c := range cur.Components {
		if wanted, _ := next.Place(c.Unit()); !wanted && c.Kind == units.Core {
			found = append(found, config.Problem{
				Pointer:  "/components/" + c.Name,
				Severity: config.SeverityError,
				Message:  "a core component would be removed",
				Hint:     "make it dispensable first, if that is what you mean",
			})
		}
	}
	return found.Errors()
}
