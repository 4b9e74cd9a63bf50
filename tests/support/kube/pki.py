"""The certificates of a cluster: one authority, and what each of its programs shows to the others. Kubernetes takes the user from the
common name of a client's certificate, and the groups from its organizations."""

import datetime
import ipaddress

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = datetime.timedelta(days=2)
EARLIER = datetime.timedelta(hours=1)  # clocks may differ


class Authority:
    """Writes its files into a folder: ca.crt, and NAME.crt with NAME.key for each certificate."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test cluster")])
        usage = x509.KeyUsage(digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
                              key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False)
        self.certificate = self._sign(self.name, self.key.public_key(), [(x509.BasicConstraints(ca=True, path_length=None), True),
                                                                         (usage, True)])
        self.file = folder / "ca.crt"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, public_key, extensions):
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(public_key)
                   .serial_number(x509.random_serial_number()).not_valid_before(now - EARLIER).not_valid_after(now + VALID))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, stem, user, groups=(), names=(), addresses=()):
        """Of a client; with names or addresses, of a server, too."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([*(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups),
                             x509.NameAttribute(NameOID.COMMON_NAME, user)])
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH] + ([ExtendedKeyUsageOID.SERVER_AUTH] if names or addresses else [])
        extensions = [(x509.BasicConstraints(ca=False, path_length=None), True), (x509.ExtendedKeyUsage(uses), False)]
        if names or addresses:
            alternatives = [*map(x509.DNSName, names), *(x509.IPAddress(ipaddress.ip_address(one)) for one in addresses)]
            extensions.append((x509.SubjectAlternativeName(alternatives), False))
        certificate = self._sign(subject, key.public_key(), extensions)
        (self.folder / f"{stem}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        write_key(self.folder / f"{stem}.key", key)

    def kubeconfig(self, stem, server, namespace="default"):
        """For the client whose certificate was issued under this name. Returns the file."""
        file = self.folder / f"{stem}.kubeconfig"
        file.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "cluster",
            "clusters": [{"name": "cluster", "cluster": {"server": server, "certificate-authority": str(self.file)}}],
            "users": [{"name": stem, "user": {"client-certificate": str(self.folder / f"{stem}.crt"),
                                              "client-key": str(self.folder / f"{stem}.key")}}],
            "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": stem, "namespace": namespace}}]}))
        return file

    def service_account_keys(self):
        """The pair that signs the tokens of service accounts. Returns the files of the key and of the public key."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private, public = self.folder / "service-accounts.key", self.folder / "service-accounts.pub"
        write_key(private, key)
        public.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        return private, public


def write_key(file, key):
    file.touch(0o600)
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
