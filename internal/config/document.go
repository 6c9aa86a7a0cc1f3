// SPDX-License-Identifier: Apache-2.0

package config

import "errors"

// Host is what validation may know about the machine.
type Host struct {
	CPUs     int    // CPUs the workers may use; 0 is unknown
	Hostname string // host name of the system
	BaseDir  string // absolute directory that relative paths start from
}

// Document is a configuration as its author wrote it. It never changes; the
// methods that edit return another document which shares the untouched parts.
// It is safe for concurrent use.
type Document struct{}

var errTODO = errors.New("not built yet")

func Parse(name string, text []byte) (*Document, error)                    { return nil, errTODO }
func ReadFile(path string) (*Document, error)                              { return nil, errTODO }
func (d *Document) JSON() []byte                                           { return nil }
func (d *Document) ETag() string                                           { return "" }
func (d *Document) Value(pointer string) ([]byte, error)                   { return nil, errTODO }
func (d *Document) Put(pointer string, value *Document) (*Document, error) { return nil, errTODO }
func (d *Document) Delete(pointer string) (*Document, error)               { return nil, errTODO }
func (d *Document) Patch(patch []byte) (*Document, error)                  { return nil, errTODO }
func (d *Document) Config(h Host) (*Config, error)                         { return nil, errTODO }
func FormatOf(text []byte) string                                          { return "" }
func Schema() []byte                                                       { return nil }

// KeyInfo is one declared key.
type KeyInfo struct{ Pointer, Type, Default, Doc string }

func Keys() []KeyInfo { return nil }
