// Asks the JDK's trust manager about every chain of a folder: java Drive.java FOLDER; output as drive.py.
// The name is checked by the class that the TLS layer uses for HTTPS, which needs
// --add-exports java.base/sun.security.util=ALL-UNNAMED.
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
import sun.security.util.HostnameChecker;

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

    static boolean accepts(Path folder, String id, String host) {
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
            X509Certificate[] sent = read(folder.resolve(id + ".sent.pem")).toArray(new X509Certificate[0]);
            manager.checkServerTrusted(sent, "ECDHE_ECDSA");
            HostnameChecker.getInstance(HostnameChecker.TYPE_TLS).match(host, sent[0]);
            return true;
        } catch (Exception refused) {
            return false;
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Pattern question = Pattern.compile("\"host\":\"([^\"]*)\",\"id\":\"([^\"]+)\"");
        Matcher questions = question.matcher(Files.readString(folder.resolve("chains.json")));
        while (questions.find()) {
            String id = questions.group(2);
            boolean accepted = accepts(folder, id, questions.group(1));
            System.out.println("{\"id\":\"" + id + "\",\"java\":" + accepted + "}");
        }
    }
}
