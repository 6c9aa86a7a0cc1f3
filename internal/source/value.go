// SPDX-License-Identifier: Apache-2.0

package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
)

// Value is what a command sends to the manager.
type Value struct {
	Text   []byte
	Format text.Format // "" if the text alone tells
	Name   string      // of where it comes from, as problems call it; "" is the command line
}

// Value reads a value for the key that a pointer leads to: from the standard input, from
// a file, or else what was typed. The file need not be regular, as a shell gives one for
// <(command). No more is read than a configuration may have. The error names the file.
func (r *Reader) Value(pointer, typed string) (v Value, err error) {
	switch info, serr := os.Stat(typed); {
	case typed == Stdin:
		v.Name = Name(Stdin)
		v.Text, err = bounded(r.Stdin)
	case serr == nil && !info.IsDir():
		v.Name, v.Format = typed, promised(typed)
		var f *os.File
		if f, err = os.Open(typed); err == nil {
			defer f.Close()
			v.Text, err = bounded(f)
		}
	default:
		v.Text, v.Format = config.Literal(pointer, typed)
	}
	if err != nil {
		return v, fmt.Errorf("cannot read %s: %w", v.Name, bare(err))
	}
	return v, nil
}

// bounded reads to the end, but no more than a configuration may have.
func bounded(in io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && len(text) > most {
		err = errors.New("it is larger than 64 MiB")
	}
	return text, err
}

// promised is the format that the name of a file promises, so that a broken one is
// complained about in the right language.
func promised(name string) text.Format {
	switch filepath.Ext(name) {
	case ".json":
		return text.JSON
	case ".yaml", ".yml":
		return text.YAML
	case ".toml":
		return text.TOML
	}
	return ""
}
