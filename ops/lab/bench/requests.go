package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/valyala/fasthttp"
)

// request builds a connection's next request to the API at url.
type request = func(r *rand.Rand, url string, req *fasthttp.Request)

// getItem requests one of the items 1 to n.
func getItem(n int) request {
	return func(r *rand.Rand, url string, req *fasthttp.Request) {
		req.SetRequestURI(url + "/api/items/" + strconv.Itoa(1+r.IntN(n)))
	}
}

// getPath requests the same path each time.
func getPath(path string) request {
	return func(_ *rand.Rand, url string, req *fasthttp.Request) { req.SetRequestURI(url + path) }
}

// fresh makes the request of next read the database.
func fresh(next request) request {
	return func(r *rand.Rand, url string, req *fasthttp.Request) {
		next(r, url, req)
		req.Header.Set("Cache-Control", "no-cache")
	}
}

// postItem creates an item with a name that is nearly unique.
func postItem(r *rand.Rand, url string, req *fasthttp.Request) {
	post(req, url+"/api/items", appendItem(nil, r))
}

// postBatch creates n items at once.
func postBatch(n int) request {
	return func(r *rand.Rand, url string, req *fasthttp.Request) {
		body := []byte{'['}
		for i := range n {
			if i > 0 {
				body = append(body, ',')
			}
			body = appendItem(body, r)
		}
		post(req, url+"/api/items/batch", append(body, ']'))
	}
}

// mixed has four reads to one write, of items 1 to n: of ten requests six read
// an item, two read a list, two create an item.
func mixed(n int) request {
	item, list := getItem(n), getPath(listPath)
	return func(r *rand.Rand, url string, req *fasthttp.Request) {
		switch r.IntN(10) {
		case 0, 1:
			postItem(r, url, req)
		case 2, 3:
			list(r, url, req)
		default:
			item(r, url, req)
		}
	}
}

const listPath = "/api/items?limit=50"

// digits bounds the numbers in the names of new items to nine digits.
const digits = 900_000_000

func itemName(r *rand.Rand) string { return fmt.Sprintf("Sample %d", digits/9+r.IntN(digits)) }

func appendItem(body []byte, r *rand.Rand) []byte {
	return fmt.Appendf(body, `{"name":"%s"}`, itemName(r))
}

func post(req *fasthttp.Request, url string, body []byte) {
	req.SetRequestURI(url)
	req.Header.SetMethod(http.MethodPost)
	req.Header.SetContentType("application/json")
	req.SetBodyRaw(body)
}
