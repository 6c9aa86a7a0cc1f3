// SPDX-License-Identifier: Apache-2.0

package render

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"hash"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kresd-manager/internal/config"
)

// functions is the Lua that every worker carries: what lets the manager probe
// it and what makes a canary harmless, then what makes its restarts lossless.
var functions = functionsLua + "\n" + drainLua

//go:embed functions.lua
var functionsLua string

//go:embed drain.lua
var drainLua string

// Host says what rendering needs to know of the system.
type Host struct {
	// CPUs is how many the resolver may use.
	CPUs int
	// TicketSecret is a file with a secret of at least 32 bytes that all
	// workers share, so that a TLS session resumes on any of them, also after
	// one of them crashed. A worker does without if the file is not there.
	TicketSecret string
	// Programs is where the programs of components are that we bring along; ""
	// is where packages put them.
	Programs string
}

// Hash names a text: the first 16 hexadecimal digits of its SHA-256.
func Hash(parts ...string) string {
	h := sha256.New()
	var block [4096]byte // a whole part as a slice would be copied
	for _, p := range parts {
		for p != "" {
			n := copy(block[:], p)
			h.Write(block[:n])
			p = p[n:]
		}
		h.Write([]byte{0})
	}
	return SumOf(h)
}

// SumOf is the name of what a SHA-256 has been made of.
func SumOf(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil))[:16] }

// Worker returns the Lua of the workers, the same for every instance, and the
// hash that each announces as STATUS=config HASH when it is about to serve.
// The number of workers is no part of it, so that changing it restarts no one.
func Worker(c *config.Config, host Host) (lua, hash string) {
	var b strings.Builder
	hash = WriteWorker(&b, c, host)
	return b.String(), hash
}

// WriteWorker writes the Lua of the workers to w, whose errors are its own affair, and
// returns the hash.
func WriteWorker(w io.Writer, c *config.Config, host Host) (hash string) {
	s := newScript(w)
	s.add("-- Configuration of a Knot Resolver worker. Written by kresd-manager: changes are lost.\n")
	s.line("ffi = require('ffi')")
	s.line("local C = ffi.C")
	s.add("\n", functions)
	if !c.Lua.ScriptOnly {
		s.privileges(c.Network)
	}

	s.affinity(c.Systemd)

	// A worker that does not open the rules without erasing them erases them
	// for everyone, so this comes before anything that can touch them. The
	// canary works on rules of its own.
	s.section("rules")
	s.line("assert(C.kr_rules_init(canary and './ruledb' or nil, 0, canary) == 0)")
	s.line("if not canary then need_rules() end")

	// The journal knows the unit of a line on standard error even when the
	// process has ended, as a refused canary has.
	s.logging(c.Logging, "kresd", "canary and 'stderr' or 'syslog'")

	s.section("control socket")
	s.line("net.listen(%s .. instance, nil, { kind = 'control' })", quote(filepath.Join(c.Rundir, "control")+"/"))
	// A second one, out of the way of whoever tidies up the first, for kresd-drain:
	// a worker that cannot be reached is restarted for that, without losing a query.
	s.line("local own = os.getenv('RUNTIME_DIRECTORY')")
	s.line("if own then net.listen(own:match('^[^:]+') .. '/control', nil, { kind = 'control' }) end")

	if !c.Lua.ScriptOnly {
		s.identity(c)
		s.options(c.Options)
		s.network(c.Network)
		s.tls(c, host)
		s.dnssec(c.DNSSEC)
		s.forwardWorker(c.Forward)
		s.fallback(c.Fallback)
		s.cache(c.Cache)
		s.dns64(c.DNS64)
		s.monitoring(c.Monitoring)
		s.dnstap(c.Logging.Dnstap)
		s.rateLimiting(c.RateLimiting)
	}
	s.prioritisation(c.Defer, host.CPUs)
	s.tidyShared(limitsFile(c.RateLimiting), deferFile(c.Defer, host.CPUs))
	s.script("/lua/script", c.Lua.Script, c.Lua.ScriptFile)
	if !c.Lua.ScriptOnly {
		s.listeners(c.Network)
	}

	s.watchdog(c.Systemd.Watchdog)
	hash = s.hash()
	s.section("what systemctl status shows")
	s.line("C.sd_notify(0, 'STATUS=config %s')", hash)
	s.flush()
	return hash
}

// watchdog has systemd expect signs of life at other intervals than the unit
// file says. kresd gives signs at the latter's pace.
func (s *script) watchdog(d *time.Duration) {
	if d == nil {
		return
	}
	s.section("systemd/watchdog")
	s.line("C.sd_notify(0, 'WATCHDOG_USEC=%d')", d.Microseconds())
	if *d > 0 {
		s.line("event.recurrent(%d, function () C.sd_notify(0, 'WATCHDOG=1') end)", d.Milliseconds()/2)
	}
}

// script adds Lua of the administrator's, as a chunk of its own, so that
// messages count its lines.
func (s *script) script(pointer, lua, file string) {
	switch {
	case lua != "":
		s.section(pointer)
		s.line("assert(loadstring('local C = ...; ' .. %s, %s))(C)", text(lua), quote("="+pointer))
	case file != "":
		s.section(pointer + "-file")
		s.line("do")
		s.line("\tlocal file = assert(io.open(%s))", quote(file))
		s.line("\tlocal text = file:read('*a')")
		s.line("\tfile:close()")
		s.line("\tassert(loadstring('local C = ...; ' .. text, %s))(C)", quote("@"+file))
		s.line("end")
	}
}

func (s *script) identity(c *config.Config) {
	s.section("hostname, nsid")
	s.line("hostname(%s)", quote(c.Hostname))
	if c.NSID != nil {
		s.line("modules.load('nsid')")
		s.line("nsid.name(%s .. worker.id)", quote(*c.NSID))
	}
}

// Encrypted reports whether anything but plain DNS is served.
func Encrypted(c *config.Config) bool {
	return slices.ContainsFunc(c.Network.Listen, func(l config.Listen) bool { return l.Kind != "dns" && l.Kind != "xdp" })
}

// SharesKey reports whether the workers share a key that the first of them
// makes: kresd's ephemeral key, in place of a certificate. Two workers that
// start at the same moment without it may find it locked, and serve no TLS.
func SharesKey(c *config.Config) bool {
	return Encrypted(c) && c.Network.TLS.CertFile == ""
}

// tls concerns listening only; forwarding over TLS has its own parameters.
func (s *script) tls(c *config.Config, host Host) {
	if !Encrypted(c) {
		return
	}
	s.section("network/tls")
	if t := c.Network.TLS; t.CertFile != "" {
		s.line("net.tls(%s, %s)", quote(t.CertFile), quote(t.KeyFile))
	}
	switch f := quote(host.TicketSecret); {
	case c.Network.TLS.SticketSecret != "":
		s.line("net.tls_sticket_secret(%s)", quote(c.Network.TLS.SticketSecret))
	case c.Network.TLS.SticketSecretFile != "":
		s.line("net.tls_sticket_secret_file(%s)", quote(c.Network.TLS.SticketSecretFile))
	case host.TicketSecret != "":
		s.line("if io.open(%s) then net.tls_sticket_secret_file(%s) end", f, f)
	}
	switch n := c.Network.TLS.Padding; {
	case n == 0:
		s.line("net.tls_padding(false)")
	case n > 0:
		s.line("net.tls_padding(%d)", n)
	}
}

func (s *script) dnssec(d config.DNSSEC) {
	s.section("dnssec")
	if !d.Enable {
		s.line("trust_anchors.remove('.')")
		return
	}
	if d.LogBogus {
		s.line("modules.load('bogus_log')")
	}
	if !d.Sentinel {
		s.line("modules.unload('ta_sentinel')")
	}
	if !d.SignalQuery {
		s.line("modules.unload('ta_signal_query')")
	}
	for _, ta := range d.TrustAnchors {
		s.line("trust_anchors.add(%s)", quote(ta))
	}
	for _, f := range d.TrustAnchorsFiles {
		s.line("trust_anchors.add_file(%s, %s)", quote(f.File), strconv.FormatBool(f.ReadOnly))
	}
	if len(d.NegativeTrustAnchors) > 0 {
		s.line("trust_anchors.set_insecure(%s)", list(d.NegativeTrustAnchors))
	}
}
