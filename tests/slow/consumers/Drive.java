// Asks the JDK's trust manager about every chain of a folder: java Drive.java FOLDER; output as drive.py.
// Names are not checked here: that is the TLS layer's part, which the trust manager does only inside a handshake.
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

public class Drive {
    static final Pattern BLOCK = Pattern.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", Pattern.DOTALL);

    static List<X509Certificate> read(Path file) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> found = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(Files.readString(file));
        while (blocks.find()) {
            found.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(blocks.group().getBytes())));
        }
        return found;
    }

    static boolean accepts(Path folder, String id) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (X509Certificate anchor : read(folder.resolve(id + ".anchors.pem"))) {
                store.setCertificateEntry("anchor" + number++, anchor);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            X509TrustManager manager = (X509TrustManager) factory.getTrustManagers()[0];
            manager.checkServerTrusted(read(folder.resolve(id + ".sent.pem")).toArray(new X509Certificate[0]), "ECDHE_ECDSA");
            return true;
        } catch (Exception refused) {
            return false;
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Matcher ids = Pattern.compile("\"id\":\"([^\"]+)\"").matcher(Files.readString(folder.resolve("chains.json")));
        while (ids.find()) {
            System.out.println("{\"id\":\"" + ids.group(1) + "\",\"java\":" + accepts(folder, ids.group(1)) + "}");
        }
    }
}
