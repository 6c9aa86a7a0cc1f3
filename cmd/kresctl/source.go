// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"kresd-manager/internal/config"
)

// maxSource is one byte more than package config accepts, for it to refuse.
const maxSource = 64<<20 + 1

// source is a configuration file as it was read: once, so that what is said
// about it, quoted from it and made of it is all of the same text.
type source struct {
	name string // as problems call it
	text []byte
	doc  *config.Document // nil if the text is not readable as a configuration
}

// readSource reads a file, - is the standard input. An error of type
// [config.Problems] comes with the text that it is about.
func (a *app) readSource(file string) (source, error) {
	s := source{name: display(file)}
	var err error
	if file == "-" {
		s.text, err = io.ReadAll(io.LimitReader(a.stdin, maxSource))
	} else {
		s.text, err = readRegular(file)
	}
	if err != nil {
		return s, fmt.Errorf("cannot read %s: %w", s.name, withoutPath(err))
	}
	if file != "-" {
		a.read = append(a.read, s)
	}
	s.doc, err = config.Parse(s.name, s.text)
	return s, err
}

// readRegular reads only what is a file: opening anything else may wait for
// ever or have effects.
func readRegular(file string) ([]byte, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("is a directory")
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	}
	return io.ReadAll(io.LimitReader(f, maxSource))
}

// display is how problems call a file.
func display(file string) string {
	if file == "-" {
		return "<stdin>"
	}
	return file
}

// hostFor is this machine, for a configuration whose first file is given:
// relative paths of all files start from its folder.
func hostFor(file string) (config.Host, error) {
	dir := "."
	if file != "-" {
		dir = filepath.Dir(file)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return config.Host{}, fmt.Errorf("cannot find the folder of %s: %w", file, err)
	}
	hostname, err := os.Hostname()
	if err != nil {
		return config.Host{}, fmt.Errorf("cannot tell the name of this machine: %w", err)
	}
	return config.Host{CPUs: runtime.NumCPU(), Hostname: hostname, BaseDir: dir}, nil
}
