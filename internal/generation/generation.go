// SPDX-License-Identifier: Apache-2.0

// Package generation keeps what the daemons read: every rendered configuration
// is a folder of its own, written whole, never changed and named by the hash of
// its content. Components reach theirs through a symbolic link each, which is
// switched atomically, so that no crash and no restart in the middle of a
// change ever sees a torn file.
package generation

import (
	"crypto/sha256"
	"errors"
	"io"

	"kresd-manager/internal/config"
	"kresd-manager/internal/render"
	"kresd-manager/units"
)

// Names of the files in a generation's folder.
const (
	workerFile     = "worker.lua"
	rulesFile      = "policy-loader.lua"
	gcFile         = "gc.json"
	drainFile      = "drain"
	componentsFile = "components.json"
)

// Generation is one rendered configuration.
type Generation struct {
	Desired units.Desired
	files   map[string]file
}

// file is one of the files of a generation. What it holds may be many megabytes, and is made
// whenever it is to be written, part by part.
type file struct {
	size  int64
	write func(w io.Writer) error
}

// WriteTo writes what the file holds.
func (f file) WriteTo(w io.Writer) (int64, error) {
	c := counter{w: w}
	err := f.write(&c)
	return c.n, errors.Join(err, c.err)
}

// fileOf is a file that is kept as text.
func fileOf(text string) file {
	return file{int64(len(text)), func(w io.Writer) error { _, err := io.WriteString(w, text); return err }}
}

// counter counts what is written, and keeps the first error of a writer that who writes does
// not ask for errors.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) Write(b []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(b)
	c.n, c.err = c.n+int64(n), err
	return n, err
}

// Make renders a configuration. Configurations that mean the same give the
// same generation.
func Make(c *config.Config, host render.Host) Generation {
	g := Generation{files: map[string]file{}}
	d := &g.Desired
	all := sha256.New() // of all files, as [render.Hash] has it
	add := func(name string, hash *string, write func(w io.Writer) string) {
		out := counter{w: all}
		*hash = write(&out)
		_, _ = all.Write([]byte{0})
		g.files[name] = file{out.n, func(w io.Writer) error { write(w); return nil }}
	}
	text := func(name, text string) {
		_, _ = io.WriteString(all, text+"\x00")
		g.files[name] = fileOf(text)
	}
	add(workerFile, &d.WorkerHash, func(w io.Writer) string { return render.WriteWorker(w, c, host) })
	add(rulesFile, &d.RulesHash, func(w io.Writer) string { return render.WritePolicyLoader(w, c) })
	d.GC = render.CacheGC(c)
	text(gcFile, render.CacheGCArguments(d.GC))
	text(drainFile, render.DrainDeadline(c))
	d.Workers = c.Workers
	d.FirstAlone = render.SharesKey(c)
	if render.Encrypted(c) {
		d.Cert, d.Key = c.Network.TLS.CertFile, c.Network.TLS.KeyFile
	}
	for _, r := range render.Components(c, host) {
		d.Components = append(d.Components, units.Component{
			Name: r.Name, Kind: units.ComponentKind(r.Kind), Priority: r.Priority, Command: r.Command, Hash: r.Hash,
		})
	}
	d.Roll = units.Roll{Budget: c.Systemd.RollBudget, Soak: c.Systemd.Soak}
	d.Slice, d.Restart = c.Systemd.Slice, c.Systemd.Restart
	d.Limits = units.LimitsOf(c.Systemd)
	text(componentsFile, d.Text())
	d.Generation = render.SumOf(all)
	return g
}
