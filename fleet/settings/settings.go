// SPDX-License-Identifier: Apache-2.0

// Package settings reads the file that says where the fleet is, and what this host is in
// it.
package settings

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"kresd-manager/fleet/gate"
	"kresd-manager/fleet/local"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sshsig"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/dir"
	"kresd-manager/fleet/store/etcd"
	"kresd-manager/fleet/store/web"
	"kresd-manager/internal/client"
	"kresd-manager/internal/durable"
)

// Default is the path of the file.
const Default = "/etc/kres-fleet/kres-fleet.toml"

const maxFile = 1 << 20

// Settings is what the file says.
type Settings struct {
	// Host is the name of this host, its host name unless this says otherwise.
	Host string   `toml:"host"`
	Tags []string `toml:"tags"`
	// Lead is that this host may decide.
	Lead           bool   `toml:"lead"`
	AllowedSigners string `toml:"allowed-signers"`
	Socket         string `toml:"socket"`
	StateDir       string `toml:"state-dir"`
	File           string `toml:"config-file"`
	FleetLock      string `toml:"fleetlock"`
	LockGroup      string `toml:"fleetlock-group"`
	Metrics        string `toml:"metrics-file"`
	// Prometheus is a server that the gate of a policy is asked of, where this host leads.
	Prometheus      string        `toml:"prometheus"`
	PrometheusToken string        `toml:"prometheus-token-file"`
	Probes          []local.Probe `toml:"probe"`
	Store           Store         `toml:"store"`
}

// Store says where the fleet is.
type Store struct {
	Kind      string   `toml:"kind"`
	Fleet     string   `toml:"fleet"`
	Endpoints []string `toml:"endpoints"`
	Path      string   `toml:"path"`
	URL       string   `toml:"url"`
	CA        string   `toml:"ca-file"`
	Cert      string   `toml:"cert-file"`
	Key       string   `toml:"key-file"`
	User      string   `toml:"user"`
	Password  string   `toml:"password-file"`
	Token     string   `toml:"token-file"`
}

var name = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$`)

// Read reads a file.
func Read(path string) (s Settings, err error) {
	raw, err := durable.Read(path, maxFile)
	if err != nil {
		err = Cannot("read the settings", err)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w; see docs/fleet.md, or name another file with -c", err)
		}
		return s, err
	}
	meta, err := toml.Decode(string(raw), &s)
	if err != nil {
		return s, Wrong(path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return s, fmt.Errorf("%s: there is no key %s", path, unknown[0])
	}
	for at, usual := range map[*string]string{
		&s.AllowedSigners: "/etc/kres-fleet/allowed_signers", &s.Socket: client.DefaultSocket,
		&s.StateDir: "/var/lib/kres-fleet", &s.LockGroup: "default",
	} {
		if *at == "" {
			*at = usual
		}
	}
	if s.File == "" {
		s.File = s.StateDir + "/config.yaml"
	}
	if s.Host == "" {
		if s.Host, err = os.Hostname(); err != nil {
			return s, fmt.Errorf("cannot tell the name of this host: %w", err)
		}
	}
	if err := s.check(); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Wrong says where a file in TOML is wrong.
func Wrong(path string, err error) error {
	var e toml.ParseError
	if errors.As(err, &e) {
		return fmt.Errorf("%s:%d:%d: %s", path, e.Position.Line, e.Position.Col, e.Message)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// Cannot says what cannot be done, with which file, and why.
func Cannot(what string, err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return fmt.Errorf("cannot %s: %s: %w", what, e.Path, e.Err)
	}
	return fmt.Errorf("cannot %s: %w", what, err)
}

func (s Settings) check() error {
	if !name.MatchString(s.Host) {
		return fmt.Errorf("host: %q is not a name of a host: letters, digits, dots, - and _, at most 64", s.Host)
	}
	for _, tag := range s.Tags {
		if err := rollout.Match(tag).Check(); err != nil || tag == "*" || strings.HasPrefix(tag, "host=") {
			return fmt.Errorf("tags: %q is neither TAG nor TAG=VALUE", tag)
		}
	}
	if s.Prometheus != "" {
		if _, err := gate.New(s.Prometheus, nil); err != nil {
			return fmt.Errorf("prometheus: %w", err)
		}
	} else if s.PrometheusToken != "" {
		return errors.New("prometheus-token-file: it needs prometheus, the URL of the server")
	}
	for i, p := range s.Probes {
		if p.Name == "" || p.Type == "" || p.RCode == "" {
			return fmt.Errorf("probe %d: name, type and rcode are needed", i+1)
		}
	}
	st := s.Store
	switch st.Kind {
	case "etcd":
		if len(st.Endpoints) == 0 || !name.MatchString(st.Fleet) {
			return errors.New("store: etcd needs endpoints, and fleet, the name of the fleet")
		}
	case "dir":
		if !strings.HasPrefix(st.Path, "/") {
			return errors.New("store: dir needs path, an absolute one")
		}
	case "https":
		if st.URL == "" || st.Token == "" {
			return errors.New("store: https needs url and token-file")
		}
	default:
		return fmt.Errorf("store: kind is etcd, dir or https, not %q", st.Kind)
	}
	return nil
}

// Open opens the store.
func (s Settings) Open(ctx context.Context) (store.Store, error) {
	st := s.Store
	if st.Kind == "dir" {
		return dir.Open(st.Path), nil
	}
	conf, err := st.encryption()
	if err != nil {
		return nil, err
	}
	if st.Kind == "https" {
		token, err := secret(st.Token)
		if err != nil {
			return nil, Cannot("read the token", err)
		}
		return web.Open(st.URL, token, conf)
	}
	cfg := etcd.Config{Endpoints: st.Endpoints, Fleet: st.Fleet, User: st.User}
	if slices.ContainsFunc(st.Endpoints, func(e string) bool { return strings.HasPrefix(e, "https://") }) {
		cfg.TLS = conf
	}
	if st.Password != "" {
		if cfg.Password, err = secret(st.Password); err != nil {
			return nil, Cannot("read the password", err)
		}
	}
	return etcd.Open(ctx, cfg)
}

// Gate is what gates of policies are asked of, nil if there is none.
func (s Settings) Gate() (*gate.Gate, error) {
	if s.Prometheus == "" {
		return nil, nil
	}
	var token func() (string, error)
	if s.PrometheusToken != "" {
		token = func() (string, error) { return secret(s.PrometheusToken) } // at each request: it may be renewed
	}
	return gate.New(s.Prometheus, token)
}

// secret is what a file has in its only line; in the directory of credentials of systemd
// (systemd.exec(5)) where the path is only a name.
func secret(path string) (string, error) {
	raw, err := durable.Read(credential(path), maxFile)
	return strings.TrimSpace(string(raw)), err
}

func credential(path string) string {
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" && !strings.Contains(path, "/") {
		return dir + "/" + path
	}
	return path
}

func (st Store) encryption() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if st.CA != "" {
		raw, err := durable.Read(credential(st.CA), maxFile)
		if err != nil {
			return nil, Cannot("read the authority", err)
		}
		if conf.RootCAs = x509.NewCertPool(); !conf.RootCAs.AppendCertsFromPEM(raw) {
			return nil, fmt.Errorf("%s has no certificate", st.CA)
		}
	}
	if st.Cert != "" || st.Key != "" {
		// Read at each connection: certificates are renewed.
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(credential(st.Cert), credential(st.Key))
			return &pair, err
		}
		if _, err := conf.GetClientCertificate(nil); err != nil {
			return nil, fmt.Errorf("cannot use the certificate: %w", err)
		}
	}
	return conf, nil
}

// Signers reads who may sign.
func (s Settings) Signers() ([]sshsig.Signer, error) {
	raw, err := durable.Read(s.AllowedSigners, maxFile)
	if err != nil {
		return nil, Cannot("read who may sign", err)
	}
	signers, err := sshsig.ParseSigners(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.AllowedSigners, err)
	}
	return signers, nil
}

// AllTags are the tags of this host: those of systemd (machine-info(5), TAGS=), and those
// of the file, which come after.
func (s Settings) AllTags() (rollout.Tags, error) {
	tags := rollout.Tags{}
	raw, err := durable.Read("/etc/machine-info", maxFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, Cannot("read the tags of this machine", err)
	}
	for _, tag := range append(machineTags(raw), s.Tags...) {
		key, value, _ := strings.Cut(tag, "=")
		tags[key] = value
	}
	return tags, nil
}

// machineTags are separated by colons.
func machineTags(info []byte) (tags []string) {
	lines := bufio.NewScanner(bytes.NewReader(info))
	for lines.Scan() {
		value, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "TAGS=")
		if !ok {
			continue
		}
		tags = nil // the last one counts
		for _, tag := range strings.Split(strings.Trim(value, `"'`), ":") {
			if rollout.Match(tag).Check() == nil && tag != "*" && tag != "host" && !strings.HasPrefix(tag, "host=") {
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

// MachineID is that of this machine, machine-id(5).
func MachineID() (string, error) {
	raw, err := durable.Read("/etc/machine-id", maxFile)
	id := strings.TrimSpace(string(raw))
	if err == nil && len(id) != 32 {
		err = errors.New("/etc/machine-id has no machine ID; systemd-machine-id-setup makes one")
	}
	if err != nil {
		return "", fmt.Errorf("cannot tell this machine from others: %w", err)
	}
	return id, nil
}
