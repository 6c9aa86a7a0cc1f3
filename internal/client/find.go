// SPDX-License-Identifier: Apache-2.0

package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/config"
	"kresd-manager/internal/source"
)

// Where is what a command knows of the manager that it means.
type Where struct {
	// Socket is the path of a unix socket, HOST:PORT, or https://HOST:PORT for one that
	// speaks TLS; "" leaves it to Files.
	Socket string
	// Files are the configuration. Named means that they were asked for: one that was
	// not helps if it can be read and does no harm if it cannot.
	Files []string
	Named bool
	// Token means that there is a token to send.
	Token bool
	// TLS is for a manager that speaks it.
	TLS Encryption
}

// address is where the manager answers: one of both is set.
type address struct {
	path string // of a unix socket
	tcp  string // host:port
	tls  bool   // over TCP
}

// Find returns a client of the manager that is meant: by its socket; else by what the
// configuration says; else the installed one.
//
// The installed manager serves its unix socket besides an interface. Who may open
// it goes there, where no token is needed and a token gets to no one else. Another
// manager, which Files mean, is asked over the interface by who has a token for it.
func Find(r *source.Reader, w Where) (*Client, error) {
	at, err := w.address(r)
	switch {
	case err != nil:
		return nil, err
	case at.tls:
		return NewTLS(r, at.tcp, w.TLS)
	case w.TLS != Encryption{}:
		return nil, errors.New("--cacert, --cert and --key are for a manager that speaks TLS: -s https://HOST:PORT")
	case at.tcp != "":
		return NewTCP(at.tcp), nil
	}
	return New(at.path), nil
}

func (w Where) address(r *source.Reader) (address, error) {
	if url, ok := strings.CutPrefix(w.Socket, "https://"); ok {
		tcp, ok := typedHostPort(strings.TrimSuffix(url, "/"))
		if !ok {
			return address{}, fmt.Errorf("cannot find the manager at %q: write https://HOST:PORT", w.Socket)
		}
		return address{tcp: tcp, tls: true}, nil
	}
	if w.Socket != "" {
		if tcp, ok := typedHostPort(w.Socket); ok {
			return address{tcp: tcp}, nil
		}
		return address{path: w.Socket}, nil
	}
	at, err := addressIn(r, w.Files)
	if err != nil && w.Named {
		return address{}, err
	}
	socket := defaultSocket()
	if err != nil || at == (address{}) || at.tcp != "" && (!w.Token && w.TLS == Encryption{} || !w.Named) && usable(socket) {
		at = address{path: socket}
	}
	return at, nil
}

// defaultSocket is that of the installed manager or, where this process may not
// open that, of one that the user runs (kresd-manager run --user).
func defaultSocket() string {
	session := os.Getenv("XDG_RUNTIME_DIR")
	if own := config.SocketIn(filepath.Join(session, "knot-resolver")); session != "" && !usable(DefaultSocket) && usable(own) {
		return own
	}
	return DefaultSocket
}

// typedHostPort reads what people type for an address: HOST:PORT, [HOST]:PORT, and what
// [hostPort] reads.
func typedHostPort(s string) (tcp string, ok bool) {
	if host, port, err := net.SplitHostPort(s); err == nil && host != "" {
		if tcp, ok := hostPort(host + "@" + port); ok {
			return tcp, true
		}
	}
	if host, port, ok := strings.Cut(s, "@"); ok && strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		s = host[1:len(host)-1] + "@" + port
	}
	return hostPort(s)
}

// hostPort reads HOST@PORT, where HOST is an address or a name; anything else is a path.
func hostPort(s string) (tcp string, ok bool) {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || strings.Contains(s, "/") {
		return "", false
	}
	host := s[:i]
	if _, err := netip.ParseAddr(host); err != nil && strings.ContainsAny(host, ":[]") {
		return "", false
	}
	if port, err := strconv.ParseUint(s[i+1:], 10, 16); err != nil || port == 0 {
		return "", false
	}
	return net.JoinHostPort(host, s[i+1:]), true
}

// usable reports whether there is a socket that this process may open.
func usable(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode()&os.ModeSocket != 0 && unix.Access(path, unix.W_OK) == nil
}

// addressIn returns what configuration files say about the address, the zero
// value if nothing. The rest of them need not be valid: a client is most needed
// when it is not. A relative path starts at the folder of the first file, as for
// the manager.
func addressIn(r *source.Reader, files []string) (address, error) {
	doc, err := r.Combined(files)
	if err != nil {
		return address{}, err
	}
	file := strings.Join(files, " + ")
	path, err := stringAt(doc, file, "/management/unix-socket", "a path")
	if err != nil || path == "" {
		return interfaceIn(doc, file, err)
	}
	if !filepath.IsAbs(path) {
		dir, err := filepath.Abs(filepath.Dir(files[0]))
		if err != nil {
			return address{}, fmt.Errorf("cannot find the folder of %s: %w", files[0], err)
		}
		path = filepath.Join(dir, path)
	}
	return address{path: path}, nil
}

// interfaceIn is addressIn for the key interface. An address that is no single
// one is reached on the loopback interface.
func interfaceIn(doc *config.Document, file string, err error) (address, error) {
	if err != nil {
		return address{}, err
	}
	text, err := stringAt(doc, file, "/management/interface", "an address with @port")
	if err != nil || text == "" {
		return address{}, err
	}
	tcp, ok := hostPort(text)
	if !ok {
		return address{}, fmt.Errorf("cannot find the manager with %s: /management/interface is %q, not an address with @port", file, text)
	}
	switch host, port, _ := net.SplitHostPort(tcp); host {
	case netip.IPv4Unspecified().String():
		tcp = net.JoinHostPort("127.0.0.1", port)
	case netip.IPv6Unspecified().String():
		tcp = net.JoinHostPort("::1", port)
	}
	cert, err := stringAt(doc, file, "/management/tls/cert-file", "a path")
	return address{tcp: tcp, tls: cert != ""}, err
}

// stringAt returns the text at a pointer, "" if there is nothing.
func stringAt(doc *config.Document, file, pointer, what string) (string, error) {
	value, err := doc.Value(pointer)
	if errors.Is(err, config.ErrNotFound) || err == nil && string(value) == "null" {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("cannot find the manager with %s: %w", file, err)
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil || text == "" {
		return "", fmt.Errorf("cannot find the manager with %s: %s is %s, not %s", file, pointer, value, what)
	}
	return text, nil
}
