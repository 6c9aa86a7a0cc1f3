// SPDX-License-Identifier: Apache-2.0

// Package source reads configuration files as people name them on a command line, each
// once: what is said about a file, quoted from it and made of it is all of the same
// text, and what takes its place is no edit that no one has read. What is in the files
// is left to config, and how they are written to durable.
package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
)

// Stdin is what stands for the standard input in place of a file.
const Stdin = "-"

// most is what package config accepts of one file, in bytes.
const most = 64 << 20

// File is a configuration file as it was read.
type File struct {
	Name string // as problems call it
	Text []byte
	Doc  *config.Document // nil if the text is not readable as a configuration
}

// Reader reads the files of one command. It is not safe for concurrent use.
type Reader struct {
	Stdin io.Reader
	read  []File
	typed *[]byte // of the standard input, nil before it was read
}

// Read reads a file, or the standard input. An error of type [config.Problems] comes
// with the text that it is about; others wrap what the system said, and name the file.
func (r *Reader) Read(file string) (File, error) {
	f := File{Name: Name(file)}
	var err error
	if file == Stdin {
		f.Text, err = r.stdin()
	} else {
		f.Text, err = durable.Read(file, most)
	}
	if err != nil {
		return f, fmt.Errorf("cannot read %s: %w", f.Name, bare(err))
	}
	if file != Stdin {
		r.read = append(r.read, f)
	}
	f.Doc, err = config.Parse(f.Name, f.Text)
	return f, err
}

// stdin reads the standard input, and gives the same to who asks again. It is one byte
// more than config accepts, for it to refuse.
func (r *Reader) stdin() ([]byte, error) {
	if r.typed == nil {
		text, err := io.ReadAll(io.LimitReader(r.Stdin, most+1))
		if err != nil {
			return nil, err
		}
		r.typed = &text
	}
	return *r.typed, nil
}

// Combined reads files and combines them, from left to right.
func (r *Reader) Combined(files []string) (*config.Document, error) {
	docs := make([]*config.Document, len(files))
	for i, file := range files {
		f, err := r.Read(file)
		if err != nil {
			return nil, err
		}
		docs[i] = f.Doc
	}
	if len(docs) == 1 {
		return docs[0], nil
	}
	return config.Combine(docs...)
}

// Name is how problems call a file.
func Name(file string) string {
	if file == Stdin {
		return "<stdin>"
	}
	return file
}

// bare leaves of an error of package os what the system said.
func bare(err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		return inner.Err
	}
	return err
}
