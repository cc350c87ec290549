# An authority of certificates for the servers that the scripts beside this file start: whoever trusts its `ca_file` believes them, and nobody else does.
import os
import subprocess


class Authority:
    def __init__(self, path):
        """Keeps its files in the folder `path`, which is there already."""
        self.path, self.count = path, 0
        self.ca_file = os.path.join(path, "ca.pem")
        self.key_file = os.path.join(path, "ca.key")
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=an authority of the tests",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", self.key_file, "-out", self.ca_file)

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)

    def certify(self, *names):
        """(certificate file, key file) of a server that is called so: names, or addresses of version 4."""
        self.count += 1
        stem = os.path.join(self.path, "server-%d" % self.count)
        known_as = ",".join(("IP:" if name.replace(".", "").isdigit() else "DNS:") + name for name in names)
        with open(stem + ".ext", "w") as f:
            f.write("subjectAltName=%s\nextendedKeyUsage=serverAuth\n" % known_as)
        self.run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + names[0], "-keyout", stem + ".key", "-out", stem + ".csr")
        self.run("x509", "-req", "-in", stem + ".csr", "-CA", self.ca_file, "-CAkey", self.key_file, "-CAcreateserial", "-days", "2", "-extfile", stem + ".ext",
                 "-out", stem + ".pem")
        return stem + ".pem", stem + ".key"
