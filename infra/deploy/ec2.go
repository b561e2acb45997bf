package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// emptySHA256 is the payload's digest of a request without one.
const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// publicIP asks EC2 for the public address of a network interface. It is the
// one call to EC2: its package of the SDK is larger than all the others.
func (a *account) publicIP(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", errors.New("the task has no network interface, so there is no address")
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	base := "https://ec2." + a.cfg.Region + ".amazonaws.com"
	if a.cfg.BaseEndpoint != nil {
		base = strings.TrimSuffix(aws.ToString(a.cfg.BaseEndpoint), "/")
	}
	query := url.Values{"Action": {"DescribeNetworkInterfaces"}, "Version": {"2016-11-15"}, "NetworkInterfaceId.1": {id}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/?"+query.Encode(), http.NoBody)
	if err != nil {
		return "", err
	}
	credentials, err := a.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return "", fmt.Errorf("AWS' credentials: %w", err)
	}
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, emptySHA256, "ec2", a.cfg.Region, time.Now()); err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("ask EC2 for %s: %s", id, res.Status)
	}
	var answer struct {
		IP string `xml:"networkInterfaceSet>item>association>publicIp"`
	}
	if err := xml.NewDecoder(io.LimitReader(res.Body, smokeMost)).Decode(&answer); err != nil {
		return "", fmt.Errorf("ask EC2 for %s: %w", id, err)
	}
	if answer.IP == "" {
		return "", fmt.Errorf("%s has no public address", id)
	}
	return answer.IP, nil
}
