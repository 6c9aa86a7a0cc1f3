// SPDX-License-Identifier: Apache-2.0

package etcd_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/etcd"
	"kresd-manager/fleet/store/etcdtest"
	"kresd-manager/fleet/store/suite"
)

func open(t *testing.T, cfg etcd.Config) *etcd.Store {
	t.Helper()
	s, err := etcd.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSuite(t *testing.T) {
	server := etcdtest.Start(t, "http", "--unsafe-no-fsync")
	n := 0
	suite.Run(t, func(t *testing.T) suite.Subject {
		n++
		cfg := etcd.Config{Endpoints: []string{server.Endpoint}, Fleet: fmt.Sprint("f", n)}
		s := suite.Subject{Store: open(t, cfg), Second: open(t, cfg)}
		s.Seed = func(t *testing.T, key, value string) {
			t.Helper()
			if _, _, err := s.Second.Commit(t.Context(), nil, []store.Change{{Key: key, Data: []byte(value), Delete: value == ""}}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	})
}

// certificates are an authority, and a certificate of it for both ends.
func certificates(t *testing.T) (cert, key, ca string, pool *x509.CertPool, pair tls.Certificate) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "host"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = write("cert", "CERTIFICATE", der), write("key", "EC PRIVATE KEY", keyDER)
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	if pair, err = tls.LoadX509KeyPair(cert, key); err != nil {
		t.Fatal(err)
	}
	return cert, key, cert, pool, pair
}

// With TLS, and with users of etcd: who may write less cannot write more.
func TestEncryptedWithUsers(t *testing.T) {
	cert, key, ca, pool, pair := certificates(t)
	server := etcdtest.Start(t, "https", "--unsafe-no-fsync", "--cert-file", cert, "--key-file", key, "--trusted-ca-file", ca, "--client-cert-auth")
	conf := &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	admin := server.Client(clientv3.Config{TLS: conf})
	server.Ready(ctx, admin)
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(admin.RoleAdd(ctx, "root"))
	must(admin.UserAdd(ctx, "root", "secret"))
	must(admin.UserGrantRole(ctx, "root", "root"))
	must(admin.RoleAdd(ctx, "ns1"))
	must(admin.RoleGrantPermission(ctx, "ns1", "/kres/1/f/", clientv3.GetPrefixRangeEnd("/kres/1/f/"), clientv3.PermissionType(clientv3.PermRead)))
	must(admin.RoleGrantPermission(ctx, "ns1", "/kres/1/f/hosts/ns1", "", clientv3.PermissionType(clientv3.PermReadWrite)))
	must(admin.UserAdd(ctx, "ns1", "word"))
	must(admin.UserGrantRole(ctx, "ns1", "ns1"))
	must(admin.AuthEnable(ctx))

	s := open(t, etcd.Config{Endpoints: []string{server.Endpoint}, Fleet: "f", TLS: conf, User: "ns1", Password: "word"})
	if _, held, err := s.Commit(ctx, nil, []store.Change{{Key: "hosts/ns1", Data: []byte("x")}}); err != nil || !held {
		t.Errorf("its own key: %t, %v", held, err)
	}
	for _, foreign := range []string{"hosts/ns2", store.Rollout, store.Leader} {
		if _, _, err := s.Commit(ctx, nil, []store.Change{{Key: foreign, Data: []byte("x")}}); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", foreign, err)
		}
	}
	if got, err := s.Read(ctx, store.Hosts); err != nil || len(got.Values) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	for name, cfg := range map[string]etcd.Config{
		"a wrong password":               {TLS: conf, User: "ns1", Password: "other"},
		"no certificate":                 {TLS: &tls.Config{RootCAs: pool}, User: "ns1", Password: "word"},
		"an authority that is not known": {TLS: &tls.Config{Certificates: []tls.Certificate{pair}}, User: "ns1", Password: "word"},
	} {
		cfg.Endpoints, cfg.Fleet = []string{server.Endpoint}, "f"
		other, err := etcd.Open(ctx, cfg)
		if err == nil {
			_, err = other.Read(ctx, store.Rollout)
			_ = other.Close()
		}
		if err == nil {
			t.Errorf("with %s: taken", name)
		}
	}
}

// A store that someone has taken over does not fill the memory of hosts.
func TestAnswersAreBounded(t *testing.T) {
	server := etcdtest.Start(t, "http", "--unsafe-no-fsync")
	s := open(t, etcd.Config{Endpoints: []string{server.Endpoint}, Fleet: "f"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server.Ready(ctx, server.Client(clientv3.Config{}))
	value := make([]byte, 1<<20)
	for i := range 65 {
		if _, _, err := s.Commit(ctx, nil, []store.Change{{Key: fmt.Sprintf("%sns%d", store.Hosts, i), Data: value}}); err != nil {
			t.Fatal(err)
		}
		if i == 30 {
			if got, err := s.Read(ctx, store.Hosts); err != nil || len(got.Values) != 31 {
				t.Fatalf("31 MiB: %d, %v", len(got.Values), err)
			}
		}
	}
	if got, err := s.Read(ctx, store.Hosts); err == nil || !strings.Contains(err.Error(), "larger than max") {
		t.Errorf("65 MiB: %d, %v", len(got.Values), err)
	}
}
