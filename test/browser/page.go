// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long something may take to be seen on a busy machine.
const patience = time.Minute

// moment is how long one look may take. A document that goes away meanwhile never answers,
// and is looked for again.
const moment = 10 * time.Second

// Page is an open page of a test. What its methods cannot do fails the test, with what the
// page shows. They are for one goroutine.
type Page struct {
	t   *testing.T
	ctx context.Context
	// root is the JavaScript of the document in which things are sought; the page's own
	// if empty.
	root string

	*seen
}

// seen is what a page has seen that no page may have. It is shared with the frames in it.
type seen struct {
	mu       sync.Mutex
	origins  []string // that were opened; a page goes on for a moment when the next one is asked for
	scope    string
	troubles []string
}

// Open goes to an address and waits until the page has been loaded.
func (p *Page) Open(url string) {
	p.t.Helper()
	p.mu.Lock()
	p.origins = append(p.origins, originOf(url))
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		p.fatalf("cannot open %s: %v", url, err)
	}
}

// originOf is the scheme and the host of an address.
func originOf(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// Frame returns the page inside an iframe that a CSS selector finds, of the same origin, when
// it has been loaded: a question about the empty document that was there before has no answer.
func (p *Page) Frame(selector string) *Page {
	p.t.Helper()
	quoted, _ := json.Marshal(selector)
	f := *p
	f.root = p.document() + ".querySelector(" + string(quoted) + ")?.contentDocument"
	f.until("there is the frame "+selector, func() bool {
		return Eval[bool](&f, "(d => !!d && d.readyState === 'complete' && d.location.href !== 'about:blank')("+f.root+")")
	})
	return &f
}

func (p *Page) document() string {
	if p.root == "" {
		return "document"
	}
	return p.root
}

// Only has no heed paid to what scripts do whose address does not have this part: those of
// a shell around ours.
func (p *Page) Only(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scope = part
}

// Size makes the page as large as a window of so many CSS pixels.
func (p *Page) Size(width, height int64) {
	p.t.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1,
	})
}

// Prefer has the page see what a person prefers, such as "prefers-color-scheme", "dark".
func (p *Page) Prefer(pairs ...string) {
	p.t.Helper()
	var features []*emulation.MediaFeature
	for i := 0; i+1 < len(pairs); i += 2 {
		features = append(features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
}

// Picture returns what the page shows, as WebP of a quality from 0 to 100, a little smaller
// than it is shown.
func (p *Page) Picture(quality int64) []byte {
	p.t.Helper()
	view := Eval[struct{ W, H float64 }](p, "({W: innerWidth, H: innerHeight})")
	return call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatWebp, Quality: &quality,
		Clip: &page.Viewport{Width: view.W, Height: view.H, Scale: 0.75},
	}).Data
}

// Cookies returns the cookies that the browser would send to the page.
func (p *Page) Cookies() []*network.Cookie {
	p.t.Helper()
	return call(p, network.GetCookies, network.GetCookiesParams{}).Cookies
}

// Eval evaluates JavaScript in the page, waits for a promise, and returns the value.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	var value T
	if err := p.eval(expression, 0, &value); err != nil {
		p.fatalf("cannot evaluate %s: %v", expression, err)
	}
	return value
}

// eval evaluates JavaScript in an execution context, the page's own if 0.
func (p *Page) eval(expression string, world runtime.ExecutionContextID, value any) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{
		Expression: expression, ContextID: world, AwaitPromise: new(true), ReturnByValue: new(true),
	})
	if err != nil {
		return err
	}
	if r.ExceptionDetails != nil {
		return thrown(r.ExceptionDetails)
	}
	if len(r.Result.Value) == 0 {
		return nil // undefined
	}
	return json.Unmarshal(r.Result.Value, value)
}

// call sends a command of the protocol.
func call[P, R any](p *Page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, command, params)
	if err != nil {
		p.fatalf("%s: %v", command.Method, err)
	}
	return r
}

// until waits for something to be so.
func (p *Page) until(what string, f func() bool) {
	p.t.Helper()
	p.succeed(what, func() error {
		if !f() {
			return errNot
		}
		return nil
	})
}

var errNot = errors.New("it is not so")

// succeed tries until there is no error.
func (p *Page) succeed(what string, f func() error) {
	p.t.Helper()
	const often, seldom = 10 * time.Millisecond, 200 * time.Millisecond
	var err error
	for began := time.Now(); time.Since(began) < patience; time.Sleep(min(max(time.Since(began)/20, often), seldom)) {
		if err = f(); err == nil {
			return
		}
		if p.ctx.Err() != nil {
			break
		}
	}
	p.fatalf("cannot %s within %s: %v", what, patience, err)
}

// fatalf fails the test and says what the page shows.
func (p *Page) fatalf(format string, args ...any) {
	p.t.Helper()
	shown := p.Outline()
	p.t.Fatalf("%s\nthe page shows:\n%s", fmt.Sprintf(format, args...), shown)
}
