// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Escape sequences of ECMA-48, section 8.3.117 (SGR).
const (
	bold  = "\x1b[1m"
	cyan  = "\x1b[36m"
	dim   = "\x1b[2m"
	red   = "\x1b[31m"
	reset = "\x1b[0m"
)

// printer writes the transcript, in colours only to a terminal.
type printer struct {
	w       io.Writer
	colours bool
}

func newPrinter(w io.Writer) *printer {
	p := &printer{w: w}
	if file, ok := w.(*os.File); ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" {
		info, err := file.Stat()
		p.colours = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (p *printer) line(colour, text string) {
	if p.colours && colour != "" {
		text = colour + text + reset
	}
	fmt.Fprintln(p.w, text)
}

// progress says what is being done before the first act.
func (p *printer) progress(text string) { p.line(dim, "... "+text) }

func (p *printer) title(text string) {
	fmt.Fprintln(p.w)
	p.line(bold, text)
}

func (p *printer) note(text string) { p.line("", "  "+text) }

// command prints a command as typed at a shell of a host.
func (p *printer) command(at, text string) {
	prompt := "  " + at + "# "
	for line := range strings.Lines(text) {
		p.line(cyan, prompt+strings.TrimSuffix(line, "\n"))
		prompt = "  > "
	}
}

// output prints what a command said.
func (p *printer) output(text string) {
	for line := range strings.Lines(text) {
		p.line("", "  "+strings.TrimRight(line, "\n"))
	}
}

// journal prints the log after a failure.
func (p *printer) journal(text string) {
	p.title("The journal, at the time of the failure")
	for line := range strings.Lines(text) {
		p.line(dim, "  "+strings.TrimSuffix(line, "\n"))
	}
}

// failed marks the act that went wrong.
func (p *printer) failed(text string) { p.line(red, "  ^ "+text) }
