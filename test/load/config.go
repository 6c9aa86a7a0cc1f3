// SPDX-License-Identifier: Apache-2.0

package load

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Upper bounds of a Config.
const (
	MaxQPS      = 100_000
	MaxDuration = time.Minute
)

// Mode is how queries travel.
type Mode string

// The modes: UDP from many ports; TCP, and DNS over TLS, HTTPS and QUIC with one connection
// per query. Certificates are not verified.
const (
	UDP Mode = "udp"
	TCP Mode = "tcp"
	TLS Mode = "tls"
	DoH Mode = "doh"
	DoQ Mode = "doq"
)

// Config says what to send where.
type Config struct {
	// Enter runs a function in the network namespace of the server, as
	// machine.Machine.InNetNS does; nil means this process's own namespace.
	Enter func(func() error) error
	Mode  Mode   // UDP if empty
	Addr  string // address and port of the server; loopback only
	Name  string // of the A record to ask for
	// Unique has every query ask for a name of its own below Name, which no cache has.
	Unique bool
	// QPS is the number of queries sent per second.
	QPS int
	// Sources is the number of UDP sockets queries are sent from in turn, 64 if zero. The
	// kernel spreads queries over the members of a reuseport group by source port.
	Sources int
	// Duration is how long queries are sent.
	Duration time.Duration
	// Timeout is the age at which a query without an answer is lost, 5 s if zero.
	Timeout time.Duration
}

// target is the checked Config.
type target struct {
	Config
	addr  netip.AddrPort
	query []byte // with id 0
	// questionEnd is where the question ends in the query, 0 for at its end.
	questionEnd int
}

func (c Config) check() (*target, error) {
	if c.Mode == "" {
		c.Mode = UDP
	}
	if c.Sources == 0 {
		c.Sources = 64
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Enter == nil {
		c.Enter = func(f func() error) error { return f() }
	}
	addr, err := netip.ParseAddrPort(c.Addr)
	if err != nil {
		return nil, fmt.Errorf("cannot read the target's address: %w", err)
	}
	switch {
	case !slices.Contains([]Mode{UDP, TCP, TLS, DoH, DoQ}, c.Mode):
		return nil, fmt.Errorf("cannot send load over %q: the modes are udp, tcp, tls, doh and doq", c.Mode)
	case !addr.Addr().IsLoopback():
		return nil, fmt.Errorf("cannot send load to %s: only loopback is allowed", addr)
	case c.QPS < 1 || c.QPS > MaxQPS:
		return nil, fmt.Errorf("cannot send %d queries per second: 1 to %d are allowed", c.QPS, MaxQPS)
	case c.Duration <= 0 || c.Duration > MaxDuration:
		return nil, fmt.Errorf("cannot send load for %v: the limit is %v", c.Duration, MaxDuration)
	case c.Timeout < 0 || c.Timeout > MaxDuration:
		return nil, fmt.Errorf("cannot wait %v for an answer: the limit is %v", c.Timeout, MaxDuration)
	case c.Sources < 1 || c.Sources > 1024:
		return nil, fmt.Errorf("cannot send from %d sockets: 1 to 1024 are allowed", c.Sources)
	case c.Mode == UDP && float64(c.QPS)/float64(c.Sources)*c.Timeout.Seconds() > 60_000:
		return nil, errors.New("cannot tell so many queries apart by their 16-bit ids: use more sources or a shorter timeout")
	}
	name := dns.Fqdn(c.Name)
	if c.Unique {
		name = strings.Repeat("0", uniqueDigits) + "." + name
	}
	query, err := new(dns.Msg).SetQuestion(name, dns.TypeA).Pack()
	if err != nil {
		return nil, fmt.Errorf("cannot ask for %q: %w", c.Name, err)
	}
	query[0], query[1] = 0, 0
	return &target{Config: c, addr: addr, query: query}, nil
}

// The header of a message (RFC 1035, section 4.1.1), and the digits of a unique name's
// first label, which come after the header and the label's length.
const (
	headerSize   = 12
	uniqueDigits = 8
)

// prepare makes the query the given one: its id, and its name if that is unique.
func (t *target) prepare(query []byte, id uint16, number int) {
	binary.BigEndian.PutUint16(query, id)
	if t.Unique {
		copy(query[headerSize+1:headerSize+1+uniqueDigits], fmt.Sprintf("%0*x", uniqueDigits, uint32(number)))
	}
}

// message returns a query of its own.
func (t *target) message(id uint16, number int) []byte {
	query := append([]byte(nil), t.query...)
	t.prepare(query, id, number)
	return query
}

// rightAnswer reports whether a message answers the query successfully: the same question,
// but for the label of a unique one, and the response code NOERROR (RFC 1035, section
// 4.1.1). The id is the caller's business.
func (t *target) rightAnswer(message []byte) bool {
	from, to := headerSize, t.questionEnd
	if to == 0 {
		to = len(t.query)
	}
	if t.Unique {
		from += 1 + uniqueDigits
	}
	return len(message) >= to && message[2]&0x80 != 0 && message[3]&0x0f == dns.RcodeSuccess &&
		string(message[from:to]) == string(t.query[from:to])
}
