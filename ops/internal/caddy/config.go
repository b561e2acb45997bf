// Package caddy documents the variables that frontend/Caddyfile reads.
package caddy

// Config lists the variables of the web client's server and of its development
// server. No Go program reads it: the tags are for the documentation, and a
// test compares them with the Caddyfile.
type Config struct {
	FrontendAddr string `env:"FRONTEND_ADDR" envDefault:":8080"`
	APIProxyAddr string `env:"API_PROXY_ADDR" envDefault:":8000" doc:"where the web client's server passes everything on to the API, for programs: :port; docker-compose.yml publishes this port"`
	Domain       string `env:"DOMAIN" unset:"plain HTTP on FUALAB_FRONTEND_ADDR only" example:"fualab.example.com" doc:"a domain name that points to the web client's server, which then gets a certificate and serves HTTPS on ports 80 and 443; in Docker Compose it demands FUALAB_AUTH=on"`
	UpstreamHost string `env:"UPSTREAM_HOST" envDefault:"api" doc:"host of the API, for the web client's server; requests are spread over every address that its name has"`
	UpstreamPort string `env:"UPSTREAM_PORT" envDefault:"8000" doc:"port of the API, for the web client's server"`
	APIUpstream  string `env:"API_UPSTREAM" envDefault:"http://127.0.0.1:8000" doc:"the API that the development server of the web client passes requests on to (\"go tool task client:dev\")"`
}
