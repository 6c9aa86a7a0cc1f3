// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sys/unix"
)

// Writer is a stream that people read, as standard output and standard error. It
// is safe for concurrent use; what is written at once stays together.
type Writer struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	column   int  // that the next text begins in
	drawn    bool // the last line is to be redrawn
}

// NewWriter returns a stream that ends in w. What has a file descriptor is asked
// whether it is a terminal.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w, terminal: IsTerminal(w)}
}

// IsTerminal reports whether a stream, to read or to write, is a terminal. It asks
// the system: other character devices, /dev/null among them, are none, and neither
// is what has no file descriptor.
func IsTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// Terminal reports whether the stream ends at a terminal.
func (w *Writer) Terminal() bool { return w.terminal }

// Write writes a text for people as [Text] makes it, wherever the stream ends: a
// file or a pager shows it to a terminal later. It must be given whole
// characters. On a terminal, lines that are too long are broken between words.
func (w *Writer) Write(p []byte) (int, error) {
	if err := w.lines(Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Data writes what programs read as well, such as a configuration: byte by byte
// unless the stream ends at a terminal, see [Data].
func (w *Writer) Data(p []byte) error {
	if w.terminal {
		p = Data(p)
	}
	return w.raw(string(p))
}

// Data is what a terminal is shown of what programs read as well: JSON stays JSON,
// see [JSON], and all else is as [Text] makes it.
func Data(p []byte) []byte {
	if json.Valid(p) {
		return JSON(p)
	}
	return []byte(Text(string(p)))
}

// Style is how a part of a text looks.
type Style uint8

// Styles.
const (
	Plain Style = iota
	Bold
	Red
	Yellow
	Green
	Dim
)

// sgr are the sequences of ECMA-48 section 8.3.117.
var sgr = [...]string{Bold: "\x1b[1m", Red: "\x1b[1;31m", Yellow: "\x1b[1;33m", Green: "\x1b[1;32m", Dim: "\x1b[2m"}

const plain = "\x1b[0m"

// Span is a part of a text in one style.
type Span struct {
	Text  string
	Style Style
}

// Print writes a text for people with styles, which is for the caller to know
// that they are wanted. No text of a span makes a style.
func (w *Writer) Print(spans ...Span) error {
	all := ""
	for _, s := range spans {
		if s.Style == Plain {
			all += Text(s.Text)
		} else {
			all += sgr[s.Style] + Text(s.Text) + plain
		}
	}
	return w.lines(all)
}

// lines writes a text for people.
func (w *Writer) lines(s string) error {
	if width := w.Width(); width > 0 {
		w.mu.Lock()
		s, w.column = wrap(s, width, w.column)
		w.mu.Unlock()
	}
	return w.raw(s)
}

func (w *Writer) raw(s string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.drawn {
		w.drawn = false
		s = erase + s
	}
	return w.put(s)
}

// put writes as it is. The caller has locked the writer.
func (w *Writer) put(s string) error {
	if _, err := io.WriteString(w.w, s); err != nil {
		return fmt.Errorf("cannot print: %w", err)
	}
	return nil
}
