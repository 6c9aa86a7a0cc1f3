// SPDX-License-Identifier: Apache-2.0

// Package format is how this project marks the JSON files that it writes for
// itself to read later: each says in which format it is, and a newer one than
// the reader knows is refused in words. A package that is replaced by an older
// one, or a machine that goes back to a snapshot, then loses what a file says
// and never takes it for something else. What is in the files is left to those
// who write them, and where they are to package durable.
//
// The number goes up when an older version would misread the file, and by one
// each time. A key that an older version may ignore needs no new number.
package format

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
)

// File is one kind of file. It is a value, and safe for concurrent use.
type File struct {
	// Format is what is written, and the highest that is read. Files without a
	// number, and what is no JSON object, count as 0: they are of versions that
	// knew no formats.
	Format int
	// Indented writes a line for each value, where people look.
	Indented bool
	// Advice is what to do about a file that is newer, for people.
	Advice string
	// Program is what has written the file, "" for kresd-manager.
	Program string
}

// NewerError means that a file is in a format that this version does not know.
type NewerError struct {
	Found, Known    int
	Advice, Program string
}

func (e *NewerError) Error() string {
	text := fmt.Sprintf("it was written by a newer %s (format %d; this one knows %d)", cmp.Or(e.Program, "kresd-manager"), e.Found, e.Known)
	if e.Advice != "" {
		text += ": " + e.Advice
	}
	return text
}

// Encode gives a value that is an object in JSON as the text of a file, with its
// format in front and a line feed behind. A format of 0 is not written.
func (f File) Encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if f.Format > 0 {
		rest, ok := bytes.CutPrefix(b, []byte("{"))
		if !ok {
			return nil, errors.New("only a JSON object can have a format")
		}
		comma := ","
		if string(rest) == "}" {
			comma = ""
		}
		b = append(fmt.Appendf(nil, `{"format":%d%s`, f.Format, comma), rest...)
	}
	if f.Indented {
		var lines bytes.Buffer
		if err := json.Indent(&lines, b, "", "  "); err != nil {
			return nil, err
		}
		b = lines.Bytes()
	}
	return append(b, '\n'), nil
}

// Decode reads the text of a file. The error is a *[NewerError] if the file is
// in a newer format; v has not been touched then. Keys that are not known are
// ignored.
func (f File) Decode(text []byte, v any) error {
	var head struct {
		Format int `json:"format"`
	}
	if t := bytes.TrimSpace(text); len(t) > 0 && t[0] == '{' {
		if err := json.Unmarshal(t, &head); err != nil {
			return err
		}
	}
	switch {
	case head.Format < 0:
		return fmt.Errorf("there is no format %d", head.Format)
	case head.Format > f.Format:
		return &NewerError{head.Format, f.Format, f.Advice, f.Program}
	}
	return json.Unmarshal(text, v)
}
