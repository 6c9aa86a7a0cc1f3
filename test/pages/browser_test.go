// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"fmt"
	"mime"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
)

// serve answers at an address inside the machine until the test ends, and returns it.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	var l net.Listener
	if err := sut.InNetNS(func() (err error) {
		l, err = net.Listen("tcp", "127.0.0.1:0")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return "http://" + l.Addr().String()
}

// The other tests say that a page has nothing that it must not have: this one holds that it
// would be seen.
func TestTheBrowserSeesWhatIsWrongWithAPage(t *testing.T) {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
	files := map[string]string{
		"/": `<!doctype html><html lang="en"><title>t</title><link rel="stylesheet" href="/s.css"><body><main><h1>Test</h1>
			<button id="b">Press</button><label>Name <input id="i"></label><div id="shadow"></div>
			<button disabled>Never</button></main><script src="/s.js"></script></body></html>`,
		"/s.js": `const b = document.getElementById("b");
			b.onclick = () => { b.textContent = "Pressed by " + document.getElementById("i").value; };
			const s = document.getElementById("shadow").attachShadow({mode: "open"});
			const deep = document.createElement("button");
			deep.textContent = "Deep";
			deep.style.minBlockSize = "24px";
			deep.onclick = () => { deep.textContent = "Reached"; };
			s.append(deep);`,
		"/s.css": `button { min-block-size: 24px }`,
		"/bad": `<!doctype html><html><title>t</title><body style="color: red"><img src="/x.png"><pre>` + strings.Repeat("wide ", 99) + `</pre>
			<input><script src="/bad.js"></script></body></html>`,
		"/bad.js": `try { document.body.innerHTML = "<b>x</b>"; } catch {}
			console.error("an error"); setTimeout(() => { throw new Error("an exception"); });
			fetch("http://127.0.0.2:1/").catch(() => {});
			addEventListener("load", () => alert("a dialog"));`,
	}
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		if kind := mime.TypeByExtension(path.Ext(r.URL.Path)); kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		fmt.Fprint(w, text)
	}))

	p := open(t)
	p.Open(url + "/")
	p.Role("textbox", "Name").Fill("me")
	p.Role("button", "Press").Click()
	p.Role("button", "Pressed by me").Shown()
	p.Role("button", "Deep").Click()
	p.Role("button", "Reached").Shown()
	p.Role("main", "").Role("button", "Reach…").Shown()
	if n := p.Role("button", "").Count(); n != 3 {
		t.Errorf("there are %d buttons, want 3:\n%s", n, p.Outline())
	}
	p.Accessible("a good page")
	p.Size(320, 600)
	p.Fits("a good page")
	if picture := p.Picture(60); string(picture[8:12]) != "WEBP" {
		t.Errorf("the picture begins with %q", picture[:12])
	}

	p.Open(url + "/bad")
	p.Role("textbox", "").Shown()
	if broken := p.Barriers(); !slices.ContainsFunc(broken, func(s string) bool { return strings.HasPrefix(s, "label: ") }) {
		t.Errorf("axe-core sees no missing label: %q", broken)
	}
	if wide := p.Wide(); len(wide) == 0 {
		t.Error("the page is as wide as its window")
	}
	troubles := strings.Join(p.Troubles(), "\n")
	for _, want := range []string{"CSP: style-src-attr", "CSP: require-trusted-types-for", "CSP: img-src", "CSP: connect-src", "console: ", "an error", "exception: ", "an exception", "dialog: a dialog"} {
		if !strings.Contains(troubles, want) {
			t.Errorf("the browser has not seen %q, only\n%s", want, troubles)
		}
	}
}
