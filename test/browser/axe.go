// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"

	"kresd-manager/test/machine"
)

// The version of axe-core that judges how accessible a page is, and the digest of its
// package as npm has it. It is fetched for tests and is in nothing of ours (MPL-2.0).
const (
	axeVersion   = "4.14.1"
	axeIntegrity = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)

// axe returns the source of axe-core, from the cache of the test machines or, once, from npm.
func axe(ctx context.Context) (string, error) {
	dir := filepath.Join(machine.CacheDir(), "axe-core-"+axeVersion)
	script := filepath.Join(dir, "package/axe.min.js")
	if text, err := os.ReadFile(script); err == nil {
		return string(text), nil
	}
	if err := os.MkdirAll(machine.CacheDir(), 0o755); err != nil {
		return "", err
	}
	fetched, err := os.MkdirTemp(machine.CacheDir(), "fetch-axe-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fetched)
	run := func(args ...string) error {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = fetched
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cannot fetch axe-core: %s: %w\n%s", strings.Join(args, " "), err, out)
		}
		return nil
	}
	if err := run("npm", "pack", "--silent", "axe-core@"+axeVersion); err != nil {
		return "", fmt.Errorf("%w\nthe tests of the pages need npm, and the registry that it is set up for", err)
	}
	pack := filepath.Join(fetched, "axe-core-"+axeVersion+".tgz")
	content, err := os.ReadFile(pack)
	if err != nil {
		return "", err
	}
	sum := sha512.Sum512(content)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != axeIntegrity {
		return "", fmt.Errorf("cannot use axe-core %s: its package has the digest %s, want %s", axeVersion, got, axeIntegrity)
	}
	if err := run("tar", "-xzf", pack); err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(fetched, "package/axe.min.js"))
	if err != nil {
		return "", err
	}
	if err := os.Rename(fetched, dir); err != nil && !errors.Is(err, os.ErrExist) {
		if _, there := os.Stat(script); there != nil { // of another program meanwhile
			return "", err
		}
	}
	return string(text), nil
}

// Accessible fails the test for all [Page.Barriers] of the page as it is now. state names it
// for people.
func (p *Page) Accessible(state string) {
	p.t.Helper()
	for _, barrier := range p.Barriers() {
		p.t.Errorf("%s: %s", state, barrier)
	}
}

// Barriers returns what keeps people from using the page as it is now, as the rules of
// axe-core for WCAG 2.2 AA and its best practices see it: the rule, and where.
func (p *Page) Barriers() []string {
	p.t.Helper()
	source, err := axe(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	// A world of its own sees the document, and has neither the policy of the page nor its
	// variables.
	tree := call(p, page.GetFrameTree, cdp.Empty{}).FrameTree
	world := call(p, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: p.frame(tree), WorldName: "axe"}).ExecutionContextID
	const run = `;axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + "\n" + n.html + "\n" + n.failureSummary)))`
	var barriers []string
	if err := p.eval(source+run, world, &barriers); err != nil {
		p.t.Fatalf("cannot run axe-core: %v", err)
	}
	return barriers
}

// frame is the frame of the document, of those of the tree.
func (p *Page) frame(tree *page.FrameTree) cdp.FrameID {
	if p.root == "" {
		return tree.Frame.ID
	}
	// The only frame of a shell that shows ours.
	return tree.ChildFrames[len(tree.ChildFrames)-1].Frame.ID
}

// Fits fails the test if the page is [Page.Wide].
func (p *Page) Fits(state string) {
	p.t.Helper()
	if wide := p.Wide(); len(wide) > 0 {
		p.t.Errorf("%s: %s", state, strings.Join(wide, "\n"))
	}
}

// Wide says what makes the page wider than its window, so that it would have to be scrolled
// sideways (WCAG 2.2, 1.4.10 Reflow).
func (p *Page) Wide() []string {
	p.t.Helper()
	return Eval[[]string](p, `(() => {
		const d = `+p.document()+`.documentElement, over = [];
		if (d.scrollWidth <= d.clientWidth) return over;
		over.push("the page is " + d.scrollWidth + " px wide, its window " + d.clientWidth);
		for (const e of d.querySelectorAll("body *")) {
			const r = e.getBoundingClientRect();
			if (r.right > d.clientWidth + 1 && over.length < 8) over.push(e.outerHTML.slice(0, 120) + " ends at " + Math.round(r.right));
		}
		return over;
	})()`)
}
