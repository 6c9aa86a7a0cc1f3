// SPDX-License-Identifier: Apache-2.0

package render

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"path/filepath"
	"slices"
	"time"

	"kresd-manager/internal/config"
)

// functions is the Lua that every worker carries: what makes its restarts
// lossless, what lets the manager probe it and what makes a canary harmless.
//
//go:embed functions.lua
var functions string

// Host tells what rendering needs to know of the system.
type Host struct {
	// CPUs is how many the resolver may use.
	CPUs int
	// TicketSecret is a file with a secret of at least 32 bytes that all
	// workers share, so that a TLS session resumes on any of them, also after
	// one of them crashed. A worker does without if the file is not there.
	TicketSecret string
}

// Hash names a text: the first 16 hexadecimal digits of its SHA-256.
func Hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Worker returns the Lua of the workers, the same for every instance, and the
// hash that each announces as STATUS=config HASH when it is about to serve.
// The number of workers is no part of it, so that changing it restarts nobody.
func Worker(c *config.Config, host Host) (lua, hash string) {
	var s script
	s.b.WriteString("-- Configuration of a Knot Resolver worker. Written by kresd-manager: changes are lost.\n")
	s.line("ffi = require('ffi')")
	s.line("local C = ffi.C")
	s.b.WriteByte('\n')
	s.b.WriteString(functions)

	// A worker that does not open the rules without erasing them erases them
	// for everybody, so this comes before anything that can touch them. The
	// canary works on rules of its own.
	s.section("rules")
	s.line("assert(C.kr_rules_init(canary and '/tmp/ruledb' or nil, 0, canary) == 0)")

	s.section("logging")
	s.line("log_level(%s)", quote(c.Logging.Level))
	// The journal knows the unit of a line on standard error even when the
	// process has ended, as a refused canary has.
	s.line("log_target(canary and 'stderr' or 'syslog')")

	s.section("control socket")
	s.line("net.listen(%s .. worker.id, nil, { kind = 'control' })", quote(filepath.Join(c.Rundir, "control")+"/"))

	s.identity(c)
	s.tls(c, host)
	s.dnssec(c.DNSSEC)
	s.forwardWorker(c.Forward)

	s.section("cache")
	s.line("open_cache(%d, %s)", c.Cache.SizeMax, quote(c.Cache.Storage))

	// Processes whose parameters differ must not share the file, so they are
	// part of its name. The third parameter scales what one client may use; it
	// is the number of CPUs and not of workers, which may change at any time.
	s.section("defer")
	deferFile := quote(filepath.Join(c.Rundir, "defer"))
	s.line("assert(C.defer_init(canary and '/tmp/defer' or %s .. '-0-%d', 0, %d) == 0)", deferFile, host.CPUs, host.CPUs)

	if c.Lua.Script != "" {
		s.section("lua/script")
		// A chunk of its own, so that messages count its lines.
		s.line("assert(loadstring('local C = ...; ' .. %s, '=/lua/script'))(C)", text(c.Lua.Script))
	}

	// Last, because a socket that is open and not read loses queries.
	s.section("network/listen")
	s.line("C.the_network.listen_udp_buflens.rcv = 2097152")
	for _, l := range c.Network.Listen {
		for _, i := range l.Interface {
			s.listen(l, i)
		}
	}

	hash = Hash(s.b.String())
	s.line("\nC.sd_notify(0, 'STATUS=config %s')", hash)
	return s.b.String(), hash
}

func (s *script) listen(l config.Listen, i config.Interface) {
	where := quote(i.Addr.String())
	if !i.Addr.IsValid() {
		where = "interface(" + quote(i.Name) + ")"
	}
	kind := l.Kind
	if kind == "dot" {
		kind = "tls"
	}
	s.line("listen(%s, %d, %s, %s)", where, i.Port, quote(kind), boolean(l.Freebind))
}

func (s *script) identity(c *config.Config) {
	s.section("hostname, nsid")
	s.line("hostname(%s)", quote(c.Hostname))
	if c.NSID != nil {
		s.line("modules.load('nsid')")
		s.line("nsid.name(%s .. worker.id)", quote(*c.NSID))
	}
}

// encrypted reports whether anything but plain DNS is served.
func encrypted(c *config.Config) bool {
	return slices.ContainsFunc(c.Network.Listen, func(l config.Listen) bool { return l.Kind != "dns" })
}

// SharesKey reports whether the workers share a key that the first of them
// makes: kresd's ephemeral key, in place of a certificate. Two workers that
// start at the same moment without it may find it locked, and serve no TLS.
func SharesKey(c *config.Config) bool {
	return encrypted(c) && c.Network.TLS.CertFile == ""
}

// tls concerns listening only; forwarding over TLS has its own parameters.
func (s *script) tls(c *config.Config, host Host) {
	if !encrypted(c) {
		return
	}
	s.section("network/tls")
	if t := c.Network.TLS; t.CertFile != "" {
		s.line("net.tls(%s, %s)", quote(t.CertFile), quote(t.KeyFile))
	}
	if host.TicketSecret != "" {
		f := quote(host.TicketSecret)
		s.line("if io.open(%s) then net.tls_sticket_secret_file(%s) end", f, f)
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
		s.line("trust_anchors.add_file(%s, %s)", quote(f.File), boolean(f.ReadOnly))
	}
	if len(d.NegativeTrustAnchors) > 0 {
		s.line("trust_anchors.set_insecure(%s)", list(d.NegativeTrustAnchors))
	}
}

// milliseconds and microseconds truncate, as the daemons' own parameters do.
func milliseconds(d time.Duration) int64 { return d.Milliseconds() }
func microseconds(d time.Duration) int64 { return d.Microseconds() }
