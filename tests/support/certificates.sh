#!/bin/sh
# SPDX-License-Identifier: MIT
# certificates.sh DIR: an authority (ca.pem), a server that it signed for localhost (server), one for another name (other),
# one that nobody signed (alone), and the authority's word on a client (client); *.pem and *.key.
set -eu
cd "$1"
new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
signed() { # NAME SUBJECT SAN
    new_key "$1"
    printf 'subjectAltName=%s\n' "$3" > "$1.ext"
    openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -set_serial "0x$4" -days 2 -extfile "$1.ext" -out "$1.pem"
}
{
    new_key ca
    openssl req -x509 -new -key ca.key -subj "/CN=Test authority" -days 2 -out ca.pem
    signed server localhost "DNS:localhost,IP:127.0.0.1" 01
    signed other other.example "DNS:other.example" 02
    signed client client "DNS:client" 03
    new_key alone
    openssl req -x509 -new -key alone.key -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
        -days 2 -out alone.pem
} > certificates.log 2>&1
for name in server other alone; do
    openssl x509 -in "$name.pem" -noout -fingerprint -sha256 | sed 's/.*=//' > "$name.pin"
done
