// Connects to localhost on each port: java Client.java CA.pem PORT...; prints `PORT ok` or `PORT` and the error.
import java.io.FileInputStream;
import java.net.URL;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

class Client {
    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (FileInputStream file = new FileInputStream(arguments[0])) {
            store.setCertificateEntry("root", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        for (int at = 1; at < arguments.length; at++) {
            String port = arguments[at];
            // A context for each, so that no session is resumed.
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            HttpsURLConnection connection =
                (HttpsURLConnection) new URL("https://localhost:" + port + "/").openConnection();
            connection.setSSLSocketFactory(context.getSocketFactory());
            connection.setConnectTimeout(5000);
            connection.setReadTimeout(5000);
            try {
                connection.getResponseCode();
                System.out.println(port + " ok");
            } catch (Exception error) {
                System.out.println(port + " " + error.toString().replaceAll("\\s+", " "));
            }
            connection.disconnect();
        }
    }
}
