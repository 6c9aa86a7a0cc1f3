// SPDX-License-Identifier: Apache-2.0

// Package doctor looks for what is wrong with an installation: what keeps the
// manager or the workers from running, or will, and the command that fixes it.
// It asks systemd by its command-line tool, which for root works without the
// bus, and looks at files; it needs no manager and changes nothing.
package doctor

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"kresd-manager/internal/config"
)

// Finding is one thing that is wrong.
type Finding struct {
	// Check is the name of the check that found it.
	Check string `json:"check"`
	// What is wrong, and Why it matters, are sentences for people.
	What string `json:"what"`
	Why  string `json:"why"`
	// Fix is what to type, as root.
	Fix string `json:"fix"`
}

// Report is the outcome of all checks.
type Report struct {
	Findings []Finding `json:"findings"`
	// Unseen says what could not be looked at, and why.
	Unseen []string `json:"unseen,omitempty"`
	// Checks are the names of all checks that were made.
	Checks []string `json:"checks"`
}

// Host is the system to examine.
type Host struct {
	// Config is the configuration file, and Model what is needed to read it.
	Config string
	Model  config.Host
	// Reinstall is the command that puts missing files of the package back.
	Reinstall string
}

// checks are all checks, in the order in which their findings are told: what
// breaks most comes first.
var checks = []struct {
	name string
	look func(*examination)
}{
	{"stock", (*examination).stock},
	{"polkit", (*examination).polkit},
	{"owners", (*examination).owners},
	{"units", (*examination).units},
	{"running", (*examination).running},
	{"configuration", (*examination).configuration},
	{"files", (*examination).files},
	{"sources", (*examination).sources},
	{"ports", (*examination).ports},
	{"version", (*examination).version},
	{"controllers", (*examination).controllers},
	{"clock", (*examination).clock},
	{"journal", (*examination).journal},
}

// deadline is how long one command may take that the examination runs.
const deadline = 15 * time.Second

// examination is one run of all checks.
type examination struct {
	Host
	ctx    context.Context
	root   bool
	report Report
	check  string // under way
	doc    *config.Document
	config *config.Config               // nil if it cannot be read or is wrong
	fault  error                        // why
	shown  map[string]map[string]string // of units that one check looks at together
}

// Examine makes all checks. What needs root is told as unseen without it.
func Examine(ctx context.Context, h Host) Report {
	e := &examination{Host: h, ctx: ctx, root: os.Geteuid() == 0}
	e.report.Findings = []Finding{}
	if e.doc, e.fault = config.ReadFile(h.Config); e.fault == nil {
		e.config, e.fault = e.doc.Config(h.Model)
	}
	for _, c := range checks {
		e.check = c.name
		e.report.Checks = append(e.report.Checks, c.name)
		c.look(e)
	}
	return e.report
}

// find notes what is wrong.
func (e *examination) find(what, why, fix string) {
	e.report.Findings = append(e.report.Findings, Finding{e.check, what, why, fix})
}

// unseen notes what could not be looked at.
func (e *examination) unseen(what string) {
	e.report.Unseen = append(e.report.Unseen, e.check+": "+what)
}

// first returns the file of a name in the first of the directories that has it,
// "" if none has.
func first(name string, dirs ...string) string {
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}
